"""One turn of a conversation: an activity comes in, and the bot answers with a card."""

import asyncio
import logging

import aiohttp
import msgspec
from microsoft_agents.hosting.core import TurnContext

from adapters.teams.activities import (
    CLICK,
    Pressed,
    Sent,
    address,
    card_activity,
    card_answer,
    message_answer,
    pressed,
    text_card,
)
from adapters.teams.addresses import AddressBook
from adapters.teams.settings import TeamsSettings
from core.card import Banner, Card, Text, Tone
from core.conversation import Bot, Click
from core.errors import RefusedError, SlussError
from core.people import Person
from core.ports import Directory

logger = logging.getLogger(__name__)

STRANGER = (
    "I do not know you, or your account is not active any more, so nothing was done. Ask the "
    "platform team to look you up in the directory that Sluss reads, then try again."
)
UNREADABLE = "This button could not be read, so nothing was done. Ask for a new card."
BROKEN = "Something went wrong on our side. Look at the card again before you repeat it."
UPDATE_S = 5.0  # Teams gives up on a click after about ten seconds

# A ValueError: the answer is not the channel's, but, say, the page of a gateway.
UNSENT = (aiohttp.ClientError, TimeoutError, ValueError)


class Turns:
    """What the bot says to each activity; only its verified sender says who a person is."""

    def __init__(
        self, bot: Bot, directory: Directory, addresses: AddressBook, settings: TeamsSettings
    ) -> None:
        self._bot = bot
        self._directory = directory
        self._addresses = addresses
        self._settings = settings

    async def take(self, sent: Sent, context: TurnContext) -> None:
        """Answer what was sent; the context is where the answer goes."""
        if sent.type == "message":
            await self._message(context, sent)
        elif sent.type == "invoke" and sent.name == CLICK:
            await self._click(context, sent)
        elif sent.type == "invoke":
            await context.send_activity(message_answer(UNREADABLE))
        elif sent.type in {"conversationUpdate", "installationUpdate"}:
            await self._installed(sent)

    async def on_error(self, context: TurnContext, error: Exception) -> None:
        """Answer in place of the SDK's handler, which sends the exception's text to the chat."""
        extra = {"action": "chat_turn_failed", "error": type(error).__name__}
        logger.error("a turn failed", extra=extra, exc_info=error)
        is_click = context.activity.type == "invoke"
        said = message_answer(BROKEN) if is_click else card_activity(text_card(BROKEN))
        try:
            await context.send_activity(said)
        except UNSENT:
            logger.warning("no answer was sent", extra={"action": "chat_answer_lost"})

    async def _message(self, context: TurnContext, sent: Sent) -> None:
        person = await self._person(sent)
        if person is None:
            await context.send_activity(card_activity(text_card(STRANGER)))
            return
        await self._keep(sent)
        try:
            card = await self._bot.message(person, sent.text, sent.conversation_name)
        except SlussError as error:
            card = _problem(error)
        await context.send_activity(card_activity(card))

    async def _click(self, context: TurnContext, sent: Sent) -> None:
        said = pressed(sent)
        person = await self._person(sent)
        if said is None or person is None:
            await context.send_activity(message_answer(STRANGER if said else UNREADABLE))
            return
        try:
            card = await self._bot.click(_click(sent, person, said))
        except SlussError as error:
            await self._refuse(context, error)
            return
        await context.send_activity(card_answer(card))
        await self._update(context, card)

    async def _refuse(self, context: TurnContext, error: SlussError) -> None:
        """Say why not. With a newer card it stands on top of that one, for who pressed alone.

        A word beside the card would be gone as soon as the card is changed for everybody.
        """
        _count(error)
        if error.newest is None:
            await context.send_activity(message_answer(str(error)))
            return
        await self._update(context, error.newest)
        said = _told(error)
        body = (*said.body, *error.newest.body)
        on_top = msgspec.structs.replace(error.newest, summary=said.summary, body=body)
        await context.send_activity(card_answer(on_top))

    async def _update(self, context: TurnContext, card: Card) -> None:
        """Change the card for everybody, as the answer changed it for one person only."""
        shown = context.activity.reply_to_id
        if card.is_private or not shown:
            return
        update = card_activity(card)
        update.id = shown
        try:
            async with asyncio.timeout(UPDATE_S):
                await context.update_activity(update)
        except UNSENT as error:
            # the decision stands, and the card's own job updates it for the others
            extra = {"action": "card_update_failed", "error": type(error).__name__}
            logger.warning("a card was not updated", extra=extra)

    async def _person(self, sent: Sent) -> Person | None:
        if not self._is_ours(sent):
            logger.warning("another tenant", extra={"action": "chat_tenant_refused"})
            return None
        is_person = sent.object_id and sent.sender.is_person
        found = await self._directory.person(sent.object_id) if is_person else None
        if found is None or not found.is_active:
            logger.warning("unknown", extra={"action": "chat_person_unknown"})
            return None
        identity = "local_unverified" if self._settings.is_local else "verified"
        return msgspec.structs.replace(found, identity=identity)

    def _is_ours(self, sent: Sent) -> bool:
        return self._settings.is_local or sent.tenant == self._settings.tenant.casefold()

    async def _installed(self, sent: Sent) -> None:
        """Keep where a conversation is when our app came to it, or somebody known speaks there."""
        if sent.has_installed_us or await self._person(sent) is not None:
            await self._keep(sent)

    async def _keep(self, sent: Sent) -> None:
        if self._is_ours(sent):
            await self._addresses.keep_address(sent.conversation_name, address(sent))


def _click(sent: Sent, person: Person, said: Pressed) -> Click:
    return Click(
        id=sent.id,
        person=person,
        verb=said.action.verb,
        data=said.words(),
        conversation=sent.conversation_name,
        activity=sent.reply_to_id,
    )


def _problem(error: SlussError) -> Card:
    _count(error)
    return _told(error)


def _told(error: SlussError) -> Card:
    if not isinstance(error, RefusedError):
        return text_card(str(error))
    banner, who = Banner(error.reason, Tone.BAD), Text(error.who_can)
    return Card(summary=error.reason, body=(banner, who) if error.who_can else (banner,))


def _count(error: SlussError) -> None:
    extra = {"action": "chat_refused", "error": type(error).__name__}
    logger.info("refused", extra=extra)
