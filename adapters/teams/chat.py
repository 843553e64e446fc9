"""Microsoft Teams through the Microsoft 365 Agents SDK: the endpoint, and posting unasked.

The chat window of one machine uses the same protocol and the same endpoint.
https://learn.microsoft.com/microsoft-365/agents-sdk/
"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from aiohttp import web
from microsoft_agents.activity import (
    Activity,
    ChannelAccount,
    ChannelId,
    ConversationAccount,
    ConversationReference,
    ResourceResponse,
)
from microsoft_agents.hosting.aiohttp import CloudAdapter
from microsoft_agents.hosting.core import (
    ClaimsIdentity,
    TurnContext,
)

from adapters.teams.activities import Sent, card_activity, read, to_answer
from adapters.teams.addresses import Address, AddressBook
from adapters.teams.auth import Identify, Proof, Tokens, connections, identify_by, local_identity
from adapters.teams.settings import TeamsSettings
from adapters.teams.turn import UNSENT, Turns
from core.card import Card
from core.conversation import Bot
from core.errors import RefusedByChatError, UnavailableError, UnknownNameError
from core.ports import Directory

__all__ = ["TeamsChat", "TeamsSettings", "teams_app"]

logger = logging.getLogger(__name__)

UNVERIFIED = "The sender could not be verified. Nothing was read."
UNREADABLE = "This is no activity. Nothing was done."
TOO_LARGE = "This is larger than 256 KB. Nothing was read; send less text at once."
LATER = "Nothing can be answered now. Nothing was done; send it again."
LARGEST = 256 * 1024  # bytes; Teams itself sends no more than some 100 KB
# https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/deep-link-teams
DEEP_LINK: Final = "https://teams.microsoft.com/l/message"
IN_CHAT: Final = '{"contextType":"chat"}'
GONE = "ActivityNotFoundInConversation"  # Teams sends it with more than one status
FOR_GOOD = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})
FOREIGN = (
    "The address that is kept of the conversation {conversation} is not one of Microsoft's hosts. "
    "Nothing was sent there; add the bot to the conversation anew, then send the job again."
)
NEVER = (
    "The chat refuses this card for good ({status}). It was not shown and is not tried again; mend "
    "its conversation in platform.yml, or the card, then send the job again."
)
ASKED_TO_WAIT_S = 30.0


def teams_app(
    bot: Bot,
    directory: Directory,
    addresses: AddressBook,
    settings: TeamsSettings,
    *,
    tokens: Tokens | None = None,
) -> web.Application:
    """Return the app of POST /messages, to mount at /api. Raise SettingsError if it were unsafe."""
    settings.check()
    adapter = _adapter(settings, tokens)
    turns = Turns(bot, directory, addresses, settings)
    adapter.on_turn_error = turns.on_error
    identify = identify_by(settings)

    async def messages(request: web.Request) -> web.Response:
        try:
            proof, sent = await _received(request, identify, settings)
            take = partial(turns.take, sent)
            answer = await adapter.process_activity(proof.identity(settings), to_answer(sent), take)
        except UnavailableError as error:
            logger.warning("%s", error, extra={"action": "chat_unavailable"})
            return web.json_response({"error": LATER}, status=HTTPStatus.SERVICE_UNAVAILABLE)
        if sent.type != "invoke":
            return web.Response(status=HTTPStatus.ACCEPTED)
        return web.json_response(answer.body if answer else {})

    app = web.Application()
    app.router.add_post("/messages", messages)
    return app


async def _received(
    request: web.Request, identify: Identify, settings: TeamsSettings
) -> tuple[Proof, Sent]:
    """Verify first, then read: of an unknown sender not one byte is decoded.

    A refusal is raised as the answer that it gets; none of them is an error of ours.
    """
    proof = await identify(request)
    if proof is None:
        raise _refusal(HTTPStatus.UNAUTHORIZED, UNVERIFIED)
    body = await _body(request)
    if body is None:
        raise _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)
    sent = read(body)
    if sent is None:
        raise _refusal(HTTPStatus.BAD_REQUEST, UNREADABLE)
    if not proof.covers(sent, settings):
        raise _refusal(HTTPStatus.UNAUTHORIZED, UNVERIFIED)
    return proof, sent


async def _body(request: web.Request) -> bytes | None:
    """Return the body, or None for one over LARGEST, of which no more than that is read."""
    if (request.content_length or 0) > LARGEST:
        return None
    body = bytearray()
    try:
        async for piece in request.content.iter_chunked(1 << 16):
            body += piece
            if len(body) > LARGEST:
                return None
    except web.RequestPayloadError:
        return b""  # it is not what its headers say
    return bytes(body)


def _refusal(status: HTTPStatus, why: str) -> web.HTTPException:
    logger.warning("refused", extra={"action": "chat_sender_refused", "status": int(status)})
    text, kind = msgspec.json.encode({"error": why}).decode(), "application/json"
    if status is HTTPStatus.UNAUTHORIZED:
        return web.HTTPUnauthorized(text=text, content_type=kind)
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return web.HTTPRequestEntityTooLarge(LARGEST, 0, text=text, content_type=kind)
    return web.HTTPBadRequest(text=text, content_type=kind)


class TeamsChat:
    """Implements ``core.ports.Chat``.

    A conversation is a name in the address book, or the channel's own id.
    """

    def __init__(
        self, addresses: AddressBook, settings: TeamsSettings, *, tokens: Tokens | None = None
    ) -> None:
        self._addresses = addresses
        self._settings = settings
        self._adapter = _adapter(settings, tokens)
        self._adapter.on_turn_error = None  # so that an error reaches the caller

    async def post(self, conversation: str, card: Card) -> str:
        return await self._send(conversation, card_activity(card))

    async def say(self, conversation: str, text: str) -> str:
        return await self._send(conversation, Activity(type="message", text=text))

    async def update(self, conversation: str, activity: str, card: Card) -> None:
        fresh = card_activity(card)
        fresh.id = activity

        async def update(context: TurnContext) -> None:
            await context.update_activity(fresh)

        await self._continue(conversation, update, f"message {activity}")

    async def link(self, conversation: str, activity: str) -> str:
        """Return a deep link; the chat window has none, nor has a bot's chat with one person."""
        known = await self._addresses.find_address(conversation)
        place = known.conversation if known else conversation
        if self._settings.is_local or not place.startswith("19:"):
            return ""
        channel, _, thread = place.partition(";messageid=")
        query = {"tenantId": (known and known.tenant) or self._settings.tenant}
        if "@thread." in channel:
            query["parentMessageId"] = thread or activity
        else:
            query["context"] = IN_CHAT
        return (
            f"{DEEP_LINK}/{quote(channel, safe='')}/{quote(activity, safe='')}?{urlencode(query)}"
        )

    async def _send(self, conversation: str, activity: Activity) -> str:
        sent: list[ResourceResponse] = []

        async def send(context: TurnContext) -> None:
            sent.append(await context.send_activity(activity))

        try:
            await self._continue(conversation, send, conversation)
        except UnknownNameError:
            if not await self._addresses.take_change(conversation):
                raise
            await self._continue(conversation, send, conversation)
        return str(sent[0].id)

    async def _continue(
        self, conversation: str, do: Callable[[TurnContext], Awaitable[None]], what: str
    ) -> None:
        """Call ``do`` in a turn of our own, and raise our errors; ``what`` is what may be gone."""
        claims = self._claims()
        activity = await self._continuation(conversation)
        try:
            await self._adapter.continue_conversation_with_claims(claims, activity, do)
        except aiohttp.ClientResponseError as error:
            if error.status == HTTPStatus.NOT_FOUND or GONE in error.message:
                raise UnknownNameError("conversation or message", what) from error
            if error.status in FOR_GOOD:
                raise RefusedByChatError(NEVER.format(status=error.status)) from error
            is_busy = error.status == HTTPStatus.TOO_MANY_REQUESTS
            wait_s = ASKED_TO_WAIT_S if is_busy else 5.0
            raise UnavailableError(_refused(error.status), retry_after_s=wait_s) from error
        except UNSENT as error:
            raise UnavailableError(_refused(type(error).__name__)) from error

    async def _continuation(self, conversation: str) -> Activity:
        known = await self._addresses.find_address(conversation)
        if known is None and conversation.startswith("@"):
            raise UnknownNameError("conversation", conversation)  # this person never wrote to us
        found = known or Address(
            service_url=self._settings.service_url,
            conversation=conversation,
            tenant=self._settings.tenant,
        )
        if not self._settings.may_answer_at(found.service_url):
            raise RefusedByChatError(FOREIGN.format(conversation=conversation))
        place = ConversationAccount(id=found.conversation, tenant_id=found.tenant or None)
        reference = ConversationReference(
            conversation=place,
            channel_id=ChannelId(found.channel),
            service_url=found.service_url,
            agent=ChannelAccount(id=found.bot or f"28:{self._settings.app_id}"),
        )
        activity = reference.get_continuation_activity()
        activity.id = None  # else the SDK would reply to it, and no such message exists
        return activity

    def _claims(self) -> ClaimsIdentity:
        if self._settings.is_local:
            return local_identity()
        return self._adapter.create_claims_identity(self._settings.app_id)


def _adapter(settings: TeamsSettings, tokens: Tokens | None) -> CloudAdapter:
    """Make the SDK's adapter: it answers and posts. Who may speak is not asked of it."""
    return CloudAdapter(connection_manager=connections(settings, tokens))


def _refused(why: object) -> str:
    return f"The chat did not take the message ({why}). Nothing was lost; it is tried again."
