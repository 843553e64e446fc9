"""The line to the bot and back, in the words of the Bot Framework, as the channel has it.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from core.errors import DECODE_ERRORS, UnknownNameError
from core.people import Person
from web.chat.messages import Answered, Press
from web.chat.settings import ChatSettings
from web.chat.transcript import Said, Transcript
from web.chat.windows import Windows

MENTION = "<at>Sluss</at>"
NO_ANSWER = "Sluss did not answer. Nothing is known to have been done; look again, then repeat it."
PATIENCE = aiohttp.ClientTimeout(total=30)
CARD = "application/vnd.microsoft.card.adaptive"
ONE = "/connector/v3/conversations/{room}/activities"


class InvokeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a press is answered with: the type says whether the value is a card or a word."""

    type: str = ""
    value: Any = None


class BotRefusal(msgspec.Struct, frozen=True, kw_only=True):
    error: str = ""


class BotClient:
    """Sends what a person says or presses to the bot's endpoint, as an activity."""

    def __init__(self, settings: ChatSettings, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._session = session

    async def say(self, person: Person, said: Said) -> str:
        """Return "" when the bot has taken it, else what the person should know."""
        is_direct = said.room.startswith("@")
        text = said.text if is_direct else f"{MENTION} {said.text}"  # as Teams asks in a channel
        activity = self._activity(person, said.room, id=said.id, text=text, timestamp=said.at)
        status, body = await self._send({**activity, "type": "message"})
        return "" if status < HTTPStatus.BAD_REQUEST else _why(body)

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
            return Answered(request=press.request, activity=press.activity, text=_why(body))
        return _answered(press, body)

    async def _send(self, activity: dict[str, Any]) -> tuple[int, bytes]:
        url, token = self._settings.bot_url, self._settings.token
        proof = {"Authorization": f"Bearer {token}"} if token else {}
        asked = self._session.post(url, json=activity, timeout=PATIENCE, headers=proof)
        try:
            async with asked as answer:
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
    except DECODE_ERRORS:
        answer = InvokeAnswer(value=NO_ANSWER)
    card = answer.value if isinstance(answer.value, dict) else None
    text = "" if card else str(answer.value or NO_ANSWER)
    return Answered(request=press.request, activity=press.activity, card=card, text=text)


def _why(body: bytes) -> str:
    """Return the endpoint's own words, where it has said why not."""
    try:
        return msgspec.json.decode(body, type=BotRefusal).error or NO_ANSWER
    except DECODE_ERRORS:
        return NO_ANSWER


class Attachment(msgspec.Struct, frozen=True, rename="camel"):
    content_type: str = ""
    content: Any = None


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an activity that a window shows."""

    type: str
    text: str = ""
    attachments: list[Attachment] = []

    @property
    def card(self) -> dict[str, Any] | None:
        cards = (one.content for one in self.attachments if one.content_type == CARD)
        return next((card for card in cards if isinstance(card, dict)), None)


class Connector:
    """The connector's REST door, where the bot posts and updates what stands in a room."""

    def __init__(self, transcript: Transcript, windows: Windows) -> None:
        self._transcript = transcript
        self._windows = windows

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(ONE, self._post),
            web.post(f"{ONE}/{{activity}}", self._post),
            web.put(f"{ONE}/{{activity}}", self._update),
            web.delete(f"{ONE}/{{activity}}", self._delete),
        ]

    async def _post(self, request: web.Request) -> web.Response:
        """A new activity, or a reply to one: both stand at the end of the room."""
        posted = await _posted(request)
        room = request.match_info["room"]
        if posted.type != "message":  # a typing sign, a trace: nothing to keep
            return web.json_response({"id": ""}, status=HTTPStatus.CREATED)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        said = self._transcript.say(room, by="", at=now, text=posted.text, card=posted.card)
        await self._windows.spoken(said)
        return web.json_response({"id": said.id}, status=HTTPStatus.CREATED)

    async def _update(self, request: web.Request) -> web.Response:
        posted = await _posted(request)
        return await self._change(request, text=posted.text, card=posted.card)

    async def _delete(self, request: web.Request) -> web.Response:
        return await self._change(request, is_deleted=True)

    async def _change(self, request: web.Request, **changes: Any) -> web.Response:
        room, activity = request.match_info["room"], request.match_info["activity"]
        try:
            said = self._transcript.change(room, activity, **changes)
        except UnknownNameError as error:
            problem = {"error": {"code": "ActivityNotFoundInConversation", "message": str(error)}}
            return web.json_response(problem, status=HTTPStatus.NOT_FOUND)
        await self._windows.spoken(said)
        return web.json_response({"id": said.id})


async def _posted(request: web.Request) -> Posted:
    try:
        return msgspec.json.decode(await request.read(), type=Posted)
    except DECODE_ERRORS as error:
        raise web.HTTPBadRequest(text="This is no activity. Nothing was posted.") from error
