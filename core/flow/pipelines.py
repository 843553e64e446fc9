"""Pipelines that wait: what the host of git hints at is read, and what is decided is sent back.

A hint changes nothing by itself, for a delivery is signed by nobody: what counts is what a worker
has read at the host.
"""

from collections.abc import Iterable, Iterator

from core.authority.pipelines import deciders
from core.checkpoint import PIPELINE_CARD, CheckpointKind, checkpoint_id
from core.context import Context
from core.desk import desk_after
from core.events.base import Event
from core.events.desk import CheckpointDecided
from core.events.outside import (
    ApprovalCompleted,
    ApprovalPending,
    RunStateChanged,
    StageStateChanged,
)
from core.events.people import PipelineDecided
from core.events.workers import AnswerDelayed, CheckpointSeen
from core.flow.cards import CardRef
from core.flow.decision import Decision, decides, follows, ignored, refused
from core.jobs import AnswerCheckpoint, ReadCheckpoint
from core.release.model import Model
from core.words import PLATFORM

CLOSED = "this does not wait any more"


@decides(ApprovalCompleted)
@decides(ApprovalPending)
def hinted(_model: Model, event: ApprovalPending | ApprovalCompleted, context: Context) -> Decision:
    name = checkpoint_id(CheckpointKind.APPROVAL, event.project, event.approval)
    known = context.desk.checkpoints.get(name)
    if known is not None and known.closed is not None:
        return ignored(event, context, CLOSED)
    return Decision(jobs=tuple(_looks(event, (name,))))


@decides(RunStateChanged)
@decides(StageStateChanged)
def run_moved(
    _model: Model, event: RunStateChanged | StageStateChanged, context: Context
) -> Decision:
    """What waits for a run that has ended does not wait any more."""
    here = (event.project, event.run)
    waiting = (
        each.id
        for each in context.desk.waiting_checkpoints()
        if (each.run.project, each.run.run) == here
    )
    return Decision(jobs=tuple(_looks(event, waiting)))


@decides(CheckpointSeen)
def seen(_model: Model, event: CheckpointSeen, context: Context) -> Decision:
    """A card for what waits; what was over when it was first read has none."""
    name = event.seen.id
    before = context.desk.checkpoints.get(name)
    after = desk_after(context.desk, (event,)).checkpoints.get(name)
    if after == before or after is None or (before is None and after.closed):
        return Decision()
    return Decision(cards=(CardRef(PIPELINE_CARD, name),))


@decides(PipelineDecided)
def decided(model: Model, event: PipelineDecided, context: Context) -> Decision:
    """Two people at once decide it once: the second one hears who was first."""
    no = refused(model, event, context)
    if no is not None:
        return no
    checkpoint = context.desk.checkpoints[event.checkpoint]
    ruled = follows(
        event, CheckpointDecided, context,
        checkpoint=event.checkpoint, by=event.by, approved=event.approved,
        comment=event.comment.strip(), groups=deciders(checkpoint, context.policy),
        contributors=context.contributors, policy=context.policy.digest,
    )  # fmt: skip
    job = AnswerCheckpoint(id=f"answer/{event.id}", stream=PLATFORM, checkpoint=event.checkpoint)
    card = CardRef(PIPELINE_CARD, event.checkpoint)
    return Decision(events=(ruled,), jobs=(job,), cards=(card,))


@decides(AnswerDelayed)
def delayed(_model: Model, event: AnswerDelayed, context: Context) -> Decision:
    known = context.desk.checkpoints.get(event.checkpoint)
    if known is None or not known.is_to_be_told:
        return ignored(event, context, CLOSED)
    return Decision(cards=(CardRef(PIPELINE_CARD, event.checkpoint),))


def _looks(event: Event, checkpoints: Iterable[str]) -> Iterator[ReadCheckpoint]:
    for name in checkpoints:
        yield ReadCheckpoint(id=f"checkpoint/{event.id}/{name}", stream=PLATFORM, checkpoint=name)
