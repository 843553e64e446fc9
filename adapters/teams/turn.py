"""One turn of a conversation: an activity comes in, and the bot answers with a card."""

import asyncio
import logging

import aiohttp
import msgspec
from microsoft_agents.activity import Activity
from microsoft_agents.hosting.core import TurnContext

from adapters.teams.activities import (
    CLICK,
    Pressed,
    address,
    card_activity,
    card_answer,
    conversation,
    message_answer,
    object_id,
    pressed,
    tenant,
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
    "I do not know you, so nothing was done. Ask the platform team to add you to the directory "
    "that Sluss reads, then try again."
)
UNREADABLE = "This button could not be read, so nothing was done. Ask for a new card."
BROKEN = "Something went wrong on our side. Look at the card again before you repeat it."
UPDATE_S = 5.0  # Teams gives up on a click after about ten seconds


class Turns:
    """The SDK's Agent; only the verified sender of an activity says who a person is."""

    def __init__(
        self, bot: Bot, directory: Directory, addresses: AddressBook, settings: TeamsSettings
    ) -> None:
        self._bot = bot
        self._directory = directory
        self._addresses = addresses
        self._settings = settings

    async def on_turn(self, context: TurnContext) -> None:
        activity = context.activity
        if activity.type == "message":
            await self._message(context, activity)
        elif activity.type == "invoke" and activity.name == CLICK:
            await self._click(context, activity)
        elif activity.type in {"conversationUpdate", "installationUpdate"}:
            await self._keep(activity)

    async def on_error(self, context: TurnContext, error: Exception) -> None:
        """Answer in place of the SDK's handler, which sends the exception's text to the chat."""
        extra = {"action": "chat_turn_failed", "error": type(error).__name__}
        logger.error("a turn failed", extra=extra, exc_info=error)
        is_click = context.activity.type == "invoke"
        said = message_answer(BROKEN) if is_click else card_activity(text_card(BROKEN))
        try:
            await context.send_activity(said)
        except (aiohttp.ClientError, TimeoutError):
            logger.warning("no answer was sent", extra={"action": "chat_answer_lost"})

    async def _message(self, context: TurnContext, activity: Activity) -> None:
        person = await self._person(activity)
        if person is None:
            await context.send_activity(card_activity(text_card(STRANGER)))
            return
        await self._keep(activity)
        try:
            card = await self._bot.message(person, activity.text or "", conversation(activity))
        except SlussError as error:
            card = _problem(error)
        await context.send_activity(card_activity(card))

    async def _click(self, context: TurnContext, activity: Activity) -> None:
        said = pressed(activity)
        person = await self._person(activity)
        if said is None or person is None:
            await context.send_activity(message_answer(STRANGER if said else UNREADABLE))
            return
        try:
            card = await self._bot.click(_click(activity, person, said))
        except SlussError as error:
            _count(error)
            await context.send_activity(message_answer(str(error)))
            return
        await context.send_activity(card_answer(card))
        await self._update(context, card)

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
        except (aiohttp.ClientError, TimeoutError) as error:
            # the decision stands, and the card's own job updates it for the others
            extra = {"action": "card_update_failed", "error": type(error).__name__}
            logger.warning("a card was not updated", extra=extra)

    async def _person(self, activity: Activity) -> Person | None:
        if not self._is_ours(activity):
            logger.warning("another tenant", extra={"action": "chat_tenant_refused"})
            return None
        found = await self._directory.person(object_id(activity)) if object_id(activity) else None
        if found is None:
            logger.warning("unknown", extra={"action": "chat_person_unknown"})
            return None
        identity = "local_unverified" if self._settings.is_local else "verified"
        return msgspec.structs.replace(found, identity=identity)

    def _is_ours(self, activity: Activity) -> bool:
        return self._settings.is_local or tenant(activity) == self._settings.tenant

    async def _keep(self, activity: Activity) -> None:
        if activity.service_url and self._is_ours(activity):
            await self._addresses.keep_address(conversation(activity), address(activity))


def _click(activity: Activity, person: Person, said: Pressed) -> Click:
    return Click(
        id=activity.id or "",
        person=person,
        verb=said.action.verb,
        data=said.words(),
        conversation=conversation(activity),
        activity=activity.reply_to_id or "",
    )


def _problem(error: SlussError) -> Card:
    _count(error)
    if not isinstance(error, RefusedError):
        return text_card(str(error))
    banner, who = Banner(error.reason, Tone.BAD), Text(error.who_can)
    return Card(summary=error.reason, body=(banner, who) if error.who_can else (banner,))


def _count(error: SlussError) -> None:
    extra = {"action": "chat_refused", "error": type(error).__name__}
    logger.info("refused", extra=extra)
