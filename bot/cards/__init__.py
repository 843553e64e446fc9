"""The cards: one file is one card and what its buttons mean. A verb begins with its card's name."""

from bot.cards import acceptance, approval, problem, registry, release, request
from bot.click import Clicks
from bot.draft import Draft

CARDS = (release, acceptance, request, approval, registry, problem)

CLICKS: Clicks[Draft] = Clicks()
CLICKS.include([acceptance.clicks, approval.clicks, problem.clicks, release.clicks, request.clicks])

__all__ = ["CARDS", "CLICKS", "acceptance", "approval", "problem", "registry", "release", "request"]
