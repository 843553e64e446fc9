"""The decisions about a release in words: who, what, why, and how sure we are who it was."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from core.events.base import Event
from core.events.derived import (
    DecisionRefused,
    PromotionApproved,
    PromotionRejected,
    ReleaseAccepted,
    ReleaseRejected,
)
from core.events.people import RetryRequested, StageRequested

WHAT_AND_WHY: Final[dict[type[Event], tuple[str, str]]] = {
    ReleaseAccepted: ("accepted", ""),
    ReleaseRejected: ("rejected", "{reason}"),
    StageRequested: ("requested {stage}", "{purpose}"),
    PromotionApproved: ("approved {stage}", "{comment}"),
    PromotionRejected: ("rejected {stage}", "{comment}"),
    RetryRequested: ("asked for a retry", ""),
    DecisionRefused: ("refused: {what}", "{reason}"),
}


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    time: datetime
    who: str
    what: str
    why: str
    identity: str


def decisions(events: Iterable[Event]) -> Iterator[Decided]:
    """In their order; what was refused stands there once, with its reason."""
    known = tuple(events)
    refused = {event.caused_by for event in known if isinstance(event, DecisionRefused)}
    for event in known:
        if type(event) not in WHAT_AND_WHY or event.id in refused:
            continue
        what, why = WHAT_AND_WHY[type(event)]
        fields = msgspec.structs.asdict(event)
        yield Decided(
            time=event.time,
            who=fields["by"].name,
            what=what.format(**fields),
            why=why.format(**fields),
            identity=fields["by"].identity,
        )
