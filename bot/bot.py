"""The dispatcher: a typed line finds its command, a button its event, and a card answers."""

import msgspec

from bot.cards import CLICKS, ON_THE_DESK, PRESSED
from bot.click import readable, release_of, short
from bot.command import Asker, find
from bot.commands import COMMANDS
from bot.commands.help import small_talk
from bot.pace import Pace
from bot.ports import BotPorts
from bot.show import Show
from core.card import Card
from core.conversation import Click
from core.errors import RefusedError, UnavailableError, UnknownNameError
from core.origin import EventOrigin
from core.people import Person
from core.typed_text import clean
from core.words import PLATFORM

OLD_BUTTON = "This button is of an older kind of card. Nothing was done;"
ASK_ANEW = "write `release <id>` to see the release as it is now."


class Sluss:
    """The Bot: whoever asks gets the state as it is; only the flow decides who may do what."""

    def __init__(self, ports: BotPorts, pace: Pace | None = None) -> None:
        self._handle = ports.handle
        self._pace = pace or Pace()
        self.show = Show(ports)

    async def message(self, person: Person, text: str, conversation: str) -> Card:  # noqa: ARG002
        self._pace.take(person.id)
        said = short(clean(text))
        asker = Asker(person=person, show=self.show, commands=COMMANDS)
        card = small_talk(said, asker)
        if card is None:
            call = find(said, COMMANDS)
            card = await call.command.run(call.words, asker)
        return self.show.noticed(card)

    async def click(self, click: Click) -> Card:
        """A repeated press is a known event: it changes nothing and gets the same answer.

        With a refusal comes the newest card, where the pressed one is out of date.
        """
        self._pace.take(click.person.id)
        try:
            return await self._press(readable(click))
        except (RefusedError, UnknownNameError) as error:
            error.newest = await self._newest(click)
            raise

    async def _press(self, click: Click) -> Card:
        if click.verb not in CLICKS.verbs:
            raise RefusedError(OLD_BUTTON, ASK_ANEW)
        await self._check(click)  # before anything is written
        draft = CLICKS.answer(click)
        if draft is not None:
            handled = await self._handle(draft(time=self._handle.context().now), EventOrigin.BOT)
            handled.raise_refusal()
        return await self._card(click)

    async def _newest(self, click: Click) -> Card | None:
        """The card as it is now, unless it still has this button: then it is the newest already."""
        try:
            card = await self._card(click)
        except (UnknownNameError, UnavailableError, KeyError):
            return None  # there is no such card any more, or none can be drawn now
        return None if card.is_private or _has_button(card, click) else card

    async def _check(self, click: Click) -> None:
        """Raise UnknownNameError for a button about what is not there."""
        if _card_of(click) in ON_THE_DESK:
            await self._card(click)
            return
        await self.show.model_of(release_of(click))

    async def _card(self, click: Click) -> Card:
        name = _card_of(click)
        subject = PRESSED[name].subject_of(click)
        on_desk = name in ON_THE_DESK
        stream = PLATFORM if on_desk else (await self.show.model_of(release_of(click))).stream
        card = (await self.show.face(name, subject, stream)).card
        # who only looks takes nobody else's card away
        only_looks = click.verb.endswith(".show")
        return msgspec.structs.replace(card, is_private=card.is_private or only_looks)


def _card_of(click: Click) -> str:
    """A verb begins with the name of the card that answers."""
    return click.verb.partition(".")[0]


def _has_button(card: Card, click: Click) -> bool:
    """Whether the card still has the button; what was typed comes with the button's own data."""
    return any(
        button.verb == click.verb and button.data.items() <= click.data.items()
        for button in card.buttons
    )
