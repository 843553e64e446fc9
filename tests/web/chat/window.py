"""A window for the tests: a socket that says, presses, and waits for what it is told."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp


class Window:
    def __init__(self, socket):
        self._socket = socket

    async def told(self, kind, **wanted):
        """The next message of that kind, and with these values; others are passed over."""
        async with asyncio.timeout(10):
            while True:
                message = await self._socket.receive_json()
                found = message.get("said", message)
                if message["type"] == kind and wanted.items() <= found.items():
                    return message

    async def say(self, text, room="general"):
        await self._socket.send_json({"type": "say", "room": room, "text": text})

    async def press(self, activity, verb, room="general", **data):
        pressed = {"room": room, "activity": activity, "verb": verb, "data": data, "request": 7}
        await self._socket.send_json({"type": "press", **pressed})

    async def read(self, room="general"):
        await self._socket.send_json({"type": "read", "room": room})

    async def send(self, text):
        await self._socket.send_str(text)


@asynccontextmanager
async def a_window(run, person="anna", token=""):
    """``token`` is that of the start, where there is a whole server."""
    url = f"{run.url}/chat/socket?as={person}"
    headers = {"Origin": run.url, "Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=headers) as ws:
        yield Window(ws)


def rooms(state):
    return {shown["room"]["id"]: shown for shown in state["rooms"]}
