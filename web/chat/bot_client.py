"""Sends what a person says or presses to the bot's endpoint, as an activity of the Bot Framework.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

import uuid
from http import HTTPStatus
from typing import Any

import aiohttp
import msgspec

from core.people import Person
from web.chat.messages import Answered, Press
from web.chat.settings import ChatSettings
from web.chat.transcript import Said

MENTION = "<at>Sluss</at>"
NO_ANSWER = "Sluss did not answer. Nothing is known to have been done; look again, then repeat it."
PATIENCE = aiohttp.ClientTimeout(total=30)


class InvokeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a press is answered with: the type says whether the value is a card or a word."""

    type: str = ""
    value: Any = None


class BotClient:
    def __init__(self, settings: ChatSettings, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._session = session

    async def say(self, person: Person, said: Said) -> str:
        """Return "" when the bot has taken it, else what the person should know."""
        is_direct = said.room.startswith("@")
        text = said.text if is_direct else f"{MENTION} {said.text}"  # as Teams asks in a channel
        activity = self._activity(person, said.room, id=said.id, text=text, timestamp=said.at)
        status, _ = await self._send({**activity, "type": "message"})
        return "" if status < HTTPStatus.BAD_REQUEST else NO_ANSWER

    async def press(self, person: Person, press: Press) -> Answered:
        action = {"type": "Action.Execute", "verb": press.verb, "data": press.data}
        activity = self._activity(
            person,
            press.room,
            id=f"press-{uuid.uuid4().hex}",
            name="adaptiveCard/action",
            replyToId=press.activity,
            value={"action": action, "trigger": "manual"},
        )
        status, body = await self._send({**activity, "type": "invoke"})
        if status != HTTPStatus.OK:
            return Answered(request=press.request, activity=press.activity, text=NO_ANSWER)
        return _answered(press, body)

    async def _send(self, activity: dict[str, Any]) -> tuple[int, bytes]:
        url = self._settings.bot_url
        try:
            async with self._session.post(url, json=activity, timeout=PATIENCE) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            return HTTPStatus.SERVICE_UNAVAILABLE, b""

    def _activity(self, person: Person, room: str, **more: Any) -> dict[str, Any]:
        kind = "personal" if room.startswith("@") else "channel"
        return {
            "channelId": "msteams",
            "serviceUrl": self._settings.service_url,
            "from": {"id": person.id, "name": person.name, "aadObjectId": person.id},
            "recipient": {"id": "sluss", "name": "Sluss"},
            "conversation": {"id": room, "conversationType": kind},
            **more,
        }


def _answered(press: Press, body: bytes) -> Answered:
    try:
        answer = msgspec.json.decode(body, type=InvokeAnswer)
    except msgspec.DecodeError:
        answer = InvokeAnswer(value=NO_ANSWER)
    card = answer.value if isinstance(answer.value, dict) else None
    text = "" if card else str(answer.value or NO_ANSWER)
    return Answered(request=press.request, activity=press.activity, card=card, text=text)
