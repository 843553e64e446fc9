"""How the checkpoints of pipelines, and what counts as approved, follow from what happens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from core.checkpoint import CheckpointState, PipelineCheckpoint, PipelineDecision, SeenCheckpoint
from core.contributors import Contributors
from core.events.desk import CheckpointDecided
from core.events.workers import AnswerDelayed, CheckpointSeen

replace = msgspec.structs.replace
CheckpointEvent = CheckpointSeen | CheckpointDecided | AnswerDelayed
Checkpoints = Mapping[str, PipelineCheckpoint]

CHANGED: Final = (
    "What {name} decided about has changed since ({what}), so that it was not sent: decide anew."
)


def checkpoints_after(
    known: Checkpoints, event: CheckpointEvent, most_closed: int
) -> dict[str, PipelineCheckpoint]:
    """The checkpoints as they are after the event; of the closed ones only the last stay."""
    moved = _moved(known, event)
    kept = {**known, moved.id: moved} if moved else dict(known)
    closed = sorted((str(each.closed), key) for key, each in kept.items() if each.closed)
    for _, key in closed[:-most_closed]:
        del kept[key]
    return kept


def approved_after(
    approved: dict[str, str], known: Checkpoints, event: CheckpointEvent
) -> dict[str, str]:
    """What we approved and the host has taken is where the next ones are counted from."""
    moved = _moved(known, event)
    before = known.get(moved.id) if moved else None
    if moved is None or not moved.is_approved_by_us or (before and before.told):
        return approved  # what was taken before is not the newest any more
    return {**approved, moved.run.place: moved.run.commit}


def _moved(known: Checkpoints, event: CheckpointEvent) -> PipelineCheckpoint | None:
    """The one that the event is about; None when it moves none."""
    if isinstance(event, CheckpointSeen):
        before = known.get(event.seen.id)
        return _seen(before, event.seen, event.contributors, event.time)
    found = known.get(event.checkpoint)
    match event:
        case CheckpointDecided() if found and found.is_open:
            decision = PipelineDecision(
                by=event.by,
                approved=event.approved,
                comment=event.comment,
                time=event.time,
                contributors=event.contributors,
            )
            return replace(found, decision=decision, problem="")
        case AnswerDelayed() if found and found.is_to_be_told:
            return replace(found, problem=event.problem)
    return None


def _seen(
    known: PipelineCheckpoint | None,
    seen: SeenCheckpoint,
    contributors: Contributors | None,
    now: datetime,
) -> PipelineCheckpoint:
    """The checkpoint after it was read; what is closed stays as it was, whoever read it late."""
    if known is None:
        known = PipelineCheckpoint(seen=seen)
    elif known.closed is not None:
        return known
    is_closed = seen.state is not CheckpointState.PENDING
    said = known.decision
    is_told = known.told is None and said is not None and seen.our_answer is said.approved
    after = replace(
        known,
        seen=seen,
        contributors=contributors or known.contributors,
        told=now if is_told else known.told,
        problem="" if is_told or is_closed else known.problem,
        closed=now if is_closed else None,
    )
    return after if is_closed or after.told else _asked_anew(known, after)


def _asked_anew(known: PipelineCheckpoint, after: PipelineCheckpoint) -> PipelineCheckpoint:
    """A decision holds for what was shown: for another commit or environment it does not."""
    what = known.run.differs_from(after.run)
    if not what or known.decision is None:
        return after
    problem = CHANGED.format(name=known.decision.by.name, what=what)
    return replace(after, decision=None, problem=problem)
