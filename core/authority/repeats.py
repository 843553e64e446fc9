"""Was it decided already, by the same person and in the same way? Then asking again is a repeat.

A chat sends a press again under another id when its answer was late: that is no second decision,
and no refusal either. Only what still stands is repeated.
"""

from collections.abc import Iterable

from core.authority.acts import PersonEvent
from core.checkpoint import PipelineCheckpoint
from core.desk import Desk
from core.events.base import Event
from core.events.derived import DecisionRefused
from core.events.people import (
    AcceptanceDecided,
    ApprovalDecided,
    BaseDecided,
    PipelineDecided,
    StageRequested,
)
from core.release.base import Base
from core.release.model import Model
from core.release.promotion import DECIDED
from core.release.release import Release, rejection
from core.release.state import State


def is_repeat(event: PersonEvent, model: Model, desk: Desk) -> bool:
    """Tell whether the state already is what this person asks for, because they asked before.

    Only what decides is repeated: once more to retry, or to send a letter, may be what is wanted.
    """
    match event:
        case AcceptanceDecided():
            return _is_accepted_by(model.releases.get(event.release), event)
        case StageRequested():
            return _is_requested_by(model.releases.get(event.release), event)
        case ApprovalDecided():
            return _is_decided_by(model.releases.get(event.release), event)
        case BaseDecided():
            return _is_agreed_by(model.base, event)
        case PipelineDecided():
            return _is_ruled_by(desk.checkpoints.get(event.checkpoint), event)
        case _:
            return False


def _is_accepted_by(release: Release | None, event: AcceptanceDecided) -> bool:
    if release is None:
        return False
    if not event.accepted:
        said = rejection(event.by, event.reason.strip())
        return release.state is State.REJECTED and release.reason == said
    if release.state is State.REJECTED:
        return False
    return release.accepted_by is not None and release.accepted_by.id == event.by.id


def _is_requested_by(release: Release | None, event: StageRequested) -> bool:
    """A request with other words is another one, and hears that one is open."""
    found = release.promotion_to(event.stage) if release else None
    if found is None or found.outcome:
        return False
    said = (event.purpose.strip(), event.expected_outcome.strip())
    return found.requester.id == event.by.id and (found.purpose, found.expected_outcome) == said


def _is_decided_by(release: Release | None, event: ApprovalDecided) -> bool:
    found = release.promotions.get(event.approval) if release else None
    vote = found.last_vote if found else None
    if (
        release is None
        or found is None
        or vote is None
        or release.promotion_to(found.stage) is not found
    ):
        return False
    is_same = (vote.by.id, vote.approved) == (event.by.id, event.approved)
    return found.outcome in DECIDED and is_same


def _is_agreed_by(base: Base | None, event: BaseDecided) -> bool:
    if base is None or base.id != event.base or base.decided_by is None:
        return False
    outcome = "agreed" if event.accepted else "declined"
    return (base.decided_by.id, base.outcome) == (event.by.id, outcome)


def _is_ruled_by(checkpoint: PipelineCheckpoint | None, event: PipelineDecided) -> bool:
    said = checkpoint.decision if checkpoint else None
    return said is not None and (said.by.id, said.approved) == (event.by.id, event.approved)


def was_told(refusal: DecisionRefused, last: Iterable[Event]) -> bool:
    """Tell whether the last events hold the same refusal, and after it nothing but refusals.

    While nothing else has happened, the same person hears the same from the one that is written.
    """
    causes: set[str] = set()
    for event in reversed(list(last)):
        if isinstance(event, DecisionRefused):
            if _what(event) == _what(refusal):
                return True
            causes.add(event.caused_by)
        elif event.id not in causes:
            return False
    return False


def _what(refusal: DecisionRefused) -> tuple[str, ...]:
    return (refusal.by.id, refusal.release, refusal.what, refusal.reason)
