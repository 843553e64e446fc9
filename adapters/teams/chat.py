"""Microsoft Teams through the Microsoft 365 Agents SDK: the endpoint, and posting unasked.

The chat window of one machine uses the same protocol and the same endpoint.
https://learn.microsoft.com/microsoft-365/agents-sdk/
"""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import aiohttp
import pydantic
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
    ConnectionManager,
    OutboundHostValidator,
    TurnContext,
)
from microsoft_agents.hosting.core.http import HttpResponse

from adapters.teams.activities import card_activity
from adapters.teams.addresses import Address, AddressBook
from adapters.teams.auth import Tokens, VerifiedRequest, connections, identify_by
from adapters.teams.settings import TeamsSettings
from adapters.teams.turn import Turns
from core.card import Card
from core.conversation import Bot
from core.errors import RefusedByChatError, UnavailableError, UnknownNameError
from core.ports import Directory

__all__ = ["TeamsChat", "TeamsSettings", "teams_app"]

logger = logging.getLogger(__name__)

UNVERIFIED = "The sender could not be verified. Nothing was read."
UNREADABLE = "This is no activity. Nothing was done."
LATER = "Nothing can be answered now. Nothing was done; send it again."
GONE = "ActivityNotFoundInConversation"  # Teams sends it with more than one status
FOR_GOOD = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})
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
    manager = connections(settings, tokens)
    adapter = _adapter(settings, manager)
    turns = Turns(bot, directory, addresses, settings)
    adapter.on_turn_error = turns.on_error

    identify = identify_by(settings, manager)

    async def messages(request: web.Request) -> web.Response:
        claims = await identify(request)
        if claims is None:
            logger.warning("refused", extra={"action": "chat_sender_refused"})
            return web.json_response({"error": UNVERIFIED}, status=HTTPStatus.UNAUTHORIZED)
        try:
            answer = await adapter.process_request(VerifiedRequest(request, claims), turns)
        except pydantic.ValidationError:
            return web.json_response({"error": UNREADABLE}, status=HTTPStatus.BAD_REQUEST)
        except UnavailableError as error:
            logger.warning("%s", error, extra={"action": "chat_unavailable"})
            return web.json_response({"error": LATER}, status=HTTPStatus.SERVICE_UNAVAILABLE)
        return _response(answer)

    app = web.Application()
    app.router.add_post("/messages", messages)
    return app


class TeamsChat:
    """Implements ``core.ports.Chat``.

    A conversation is a name in the address book, or the channel's own id.
    """

    def __init__(
        self, addresses: AddressBook, settings: TeamsSettings, *, tokens: Tokens | None = None
    ) -> None:
        self._addresses = addresses
        self._settings = settings
        self._adapter = _adapter(settings, connections(settings, tokens))
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

    async def _send(self, conversation: str, activity: Activity) -> str:
        sent: list[ResourceResponse] = []

        async def send(context: TurnContext) -> None:
            sent.append(await context.send_activity(activity))

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
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            # a ValueError: the answer is not the channel's, but, say, the page of a gateway
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
            return ClaimsIdentity()
        return self._adapter.create_claims_identity(self._settings.app_id)


def _response(answer: HttpResponse) -> web.Response:
    if answer.body is None:
        return web.Response(status=answer.status_code)
    return web.json_response(answer.body, status=answer.status_code)


def _adapter(settings: TeamsSettings, manager: ConnectionManager) -> CloudAdapter:
    """Make the SDK's adapter; unless local, it answers only to addresses of Microsoft's hosts."""
    validator = OutboundHostValidator(enabled=not settings.is_local)
    return CloudAdapter(connection_manager=manager, host_validator=validator)


def _refused(why: object) -> str:
    return f"The chat did not take the message ({why}). Nothing was lost; it is tried again."
