"""The cards: one file is one card and what its buttons mean. A verb begins with its card's name."""

from typing import Any, Final, Protocol

from bot.cards import (
    acceptance,
    approval,
    base,
    found,
    hooks,
    letter,
    moved,
    pipeline,
    problem,
    registry,
    release,
    request,
    slowed,
)
from bot.click import Click, Clicks, Draft
from bot.ports import BotPorts
from bot.view import CardSubject
from core.card import Card
from core.checkpoint import PIPELINE_CARD
from core.desk import FOUND_CARD, HOOKS_CARD, LETTER_CARD, MOVED_CARD, SLOWED_CARD


class CardFile(Protocol):
    """What the file of a card has; a view of its own goes from ``gather`` to the other two."""

    async def gather(self, subject: CardSubject, ports: BotPorts) -> Any:
        """What the card shows. Raise UnknownNameError for what there is no card of."""

    def render(self, view: Any) -> Card: ...

    def readers(self, view: Any) -> tuple[str, ...]:
        """Teams and groups, as platform.yml names them: the first one's conversation gets it."""


class PressedCardFile(CardFile, Protocol):
    """The file of a card with buttons."""

    clicks: Clicks[Draft]

    def subject_of(self, click: Click) -> str:
        """The name of what a pressed card is about, as ``gather`` takes it."""


PRESSED: Final[dict[str, PressedCardFile]] = {
    "release": release,
    "acceptance": acceptance,
    "request": request,
    "approval": approval,
    "base": base,
    "problem": problem,
    LETTER_CARD: letter,
    PIPELINE_CARD: pipeline,
}
# Cards of the stream ``platform``, of no release.
ON_THE_DESK: Final = frozenset({LETTER_CARD, PIPELINE_CARD})
CARDS: Final[dict[str, CardFile]] = {
    **PRESSED,
    "registry": registry,
    MOVED_CARD: moved,
    HOOKS_CARD: hooks,
    FOUND_CARD: found,
    SLOWED_CARD: slowed,
}

CLICKS: Final[Clicks[Draft]] = Clicks()
CLICKS.include(file.clicks for file in PRESSED.values())

__all__ = [
    "CARDS",
    "CLICKS",
    "ON_THE_DESK",
    "PRESSED",
    "acceptance",
    "approval",
    "base",
    "found",
    "hooks",
    "letter",
    "moved",
    "pipeline",
    "problem",
    "registry",
    "release",
    "request",
    "slowed",
]
