"""One window's socket: what is said and pressed goes to the bot, the rest comes back."""

import asyncio
from datetime import UTC, datetime

import msgspec
from aiohttp import WSMsgType, web

from core.people import Person
from web.chat.bot_client import BotClient
from web.chat.messages import FromWindow, Press, Problem, Read, Say, Settled
from web.chat.settings import ChatSettings
from web.chat.transcript import Transcript
from web.chat.windows import Windows

LONGEST_TEXT = 4000
NOT_YOURS = "You have no such conversation. Nothing was sent."

_decoder: msgspec.json.Decoder[FromWindow] = msgspec.json.Decoder(FromWindow)


class Sockets:
    def __init__(
        self, settings: ChatSettings, transcript: Transcript, windows: Windows, bot: BotClient
    ) -> None:
        self._settings = settings
        self._transcript = transcript
        self._windows = windows
        self._bot = bot

    async def open(self, request: web.Request) -> web.WebSocketResponse:
        person = self._settings.person(request.query.get("as", ""))
        if person is None:
            raise web.HTTPNotFound(text="There is nobody of that name in people.yml.")
        window = web.WebSocketResponse(heartbeat=20, max_msg_size=1 << 18)
        await window.prepare(request)
        self._windows.add(window, person)
        try:
            await self._windows.tell(window, self._windows.state(person))
            await self._listen(window, person)
        finally:
            self._windows.remove(window)
        return window

    async def _listen(self, window: web.WebSocketResponse, person: Person) -> None:
        """A slow press does not stop the next word; the window's end cancels nothing."""
        async with asyncio.TaskGroup() as working:
            async for message in window:
                if message.type is not WSMsgType.TEXT:
                    continue
                try:
                    wanted = _decoder.decode(message.data)
                except msgspec.DecodeError:
                    continue  # our own page sends none of these
                working.create_task(self._do(window, person, wanted))

    async def _do(self, window: web.WebSocketResponse, person: Person, wanted: FromWindow) -> None:
        if not self._windows.may_speak(person, wanted.room):
            await self._windows.tell(window, Problem(room=wanted.room, text=NOT_YOURS))
            return
        match wanted:
            case Say():
                await self._say(window, person, wanted)
            case Press():
                await self._windows.tell(window, await self._bot.press(person, wanted))
            case Read():
                await self._windows.read(self._transcript.see(person.id, wanted.room))

    async def _say(self, window: web.WebSocketResponse, person: Person, say: Say) -> None:
        text = say.text.strip()[:LONGEST_TEXT]
        if not text:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        said = self._transcript.say(say.room, by=person.id, at=now, text=text)
        await self._windows.spoken(said)
        problem = await self._bot.say(person, said)
        answer = Problem(room=say.room, text=problem) if problem else Settled(room=say.room)
        await self._windows.tell(window, answer)
