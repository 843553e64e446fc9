"""What the file of a card has: what it needs, how it looks, where it goes, what buttons mean."""

from typing import Any, Protocol

from bot.click import Click, Clicks, Draft
from bot.ports import BotPorts
from bot.view import CardSubject
from core.card import Card


class CardFile(Protocol):
    """A module of bot/cards/; a view of its own goes from ``gather`` to the other two."""

    async def gather(self, subject: CardSubject, ports: BotPorts) -> Any:
        """What the card shows. Raise UnknownNameError for what there is no card of."""

    def render(self, view: Any) -> Card: ...

    def readers(self, view: Any) -> tuple[str, ...]:
        """Teams and groups, as platform.yml names them: the first one's conversation gets it."""


class PressedCardFile(CardFile, Protocol):
    """A card with buttons."""

    clicks: Clicks[Draft]

    def subject_of(self, click: Click) -> str:
        """The name of what a pressed card is about, as ``gather`` takes it."""
