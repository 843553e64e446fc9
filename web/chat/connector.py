"""The connector's REST door: where the bot posts and updates, as at the channel's service URL."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from core.errors import UnknownNameError
from web.chat.transcript import Transcript
from web.chat.windows import Windows

CARD = "application/vnd.microsoft.card.adaptive"
ONE = "/connector/v3/conversations/{room}/activities"


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
    except msgspec.DecodeError as error:
        raise web.HTTPBadRequest(text="This is no activity. Nothing was posted.") from error
