"""The cards: one file is one card and what its buttons mean. A verb begins with its card's name."""

from typing import Final

from bot.card_file import CardFile, PressedCardFile
from bot.cards import acceptance, approval, problem, registry, release, request
from bot.click import Clicks, Draft

PRESSED: Final[dict[str, PressedCardFile]] = {
    "release": release,
    "acceptance": acceptance,
    "request": request,
    "approval": approval,
    "problem": problem,
}
CARDS: Final[dict[str, CardFile]] = {**PRESSED, "registry": registry}

CLICKS: Final[Clicks[Draft]] = Clicks()
CLICKS.include(file.clicks for file in PRESSED.values())

__all__ = [
    "CARDS",
    "CLICKS",
    "PRESSED",
    "acceptance",
    "approval",
    "problem",
    "registry",
    "release",
    "request",
]
