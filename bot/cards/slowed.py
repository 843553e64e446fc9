"""The card that tells the platform team that the host of git slows Sluss down."""

from typing import Final, Protocol

import msgspec

from bot.elements import banner, card, facts, heading, text
from bot.view import CardSubject
from core.card import Card, Dated, Tone
from core.count import count
from core.errors import UnknownNameError
from core.events.desk import HostSlowed
from core.ports import Ledger
from core.words import PLATFORM

TITLE: Final = "The host of git slows Sluss down"
WAITS: Final = (
    "Nothing is lost: the calls of Sluss wait as long as it asks for, and gates, statuses and "
    "answers come later for it."
)
LOOK: Final = (
    "Look at who else uses the identity of Sluss, and at its usage (in Azure DevOps: Organization "
    "settings, Usage). An identity of its own for Sluss alone helps most. It is told once a day."
)


class SlowedNeeds(Protocol):
    """The ledger remembers each of them."""

    @property
    def store(self) -> Ledger: ...


class SlowedView(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the time the host wanted to be left alone."""

    slowed: HostSlowed


async def gather(subject: CardSubject, needs: SlowedNeeds) -> SlowedView:
    for entry in await needs.store.load(PLATFORM, kinds=[HostSlowed]):
        if entry.event.id == subject.name and isinstance(entry.event, HostSlowed):
            return SlowedView(slowed=entry.event)
    raise UnknownNameError("slowing of the host", subject.name)


def readers(_view: SlowedView) -> tuple[str, ...]:
    return (PLATFORM,)


def render(view: SlowedView) -> Card:
    slowed = view.slowed
    asked = f"{count(slowed.seconds, 'second')} of {count(slowed.minutes, 'minute')}"
    return card(
        heading(TITLE),
        banner(f"It asked to be left alone for {asked}", Tone.WARN),
        facts(seen=Dated(slowed.time)),
        text(WAITS),
        text(LOOK),
        summary=f"{TITLE}: {asked}",
    )
