"""An approval ends without a placing: its card says why, and what runs for it is cancelled."""

from collections.abc import Iterable

from core.context import Context
from core.events.base import Event
from core.events.derived import ApprovalVoided
from core.flow.cards import CardRef
from core.flow.decision import Decision, follows
from core.jobs import Job, cancel_job
from core.release.model import Model
from core.release.release import Release
from core.release.state import step_key
from core.words import Stage, Step


def voided(
    model: Model, releases: Iterable[Release], event: Event, context: Context, *,
    stage: Stage, reason: str,
) -> Decision:  # fmt: skip
    """Void what these releases have waiting for the stage; what has ended stays as it is."""
    events: list[Event] = []
    jobs: list[Job] = []
    cards: list[CardRef] = []
    for release in releases:
        promotion = release.promotion_to(stage)
        if promotion is None or not promotion.is_waiting:
            continue
        ended = follows(
            event, ApprovalVoided, context,
            release=release.id, stage=stage, approval=promotion.approval, reason=reason,
        )  # fmt: skip
        events.append(ended)
        jobs.extend(_cancel(model, release, stage))
        cards.extend((CardRef("release", release.id), CardRef("approval", promotion.approval)))
    return Decision(events=tuple(events), jobs=tuple(jobs), cards=tuple(cards))


def _cancel(model: Model, release: Release, stage: Stage) -> list[Job]:
    """The run of a promotion that is stuck may still be there."""
    run = release.steps.get(step_key(Step.PROMOTE, stage))
    if run is None or run.finished is not None:
        return []
    return [cancel_job(model.stream, release.id, run.step, run.attempt, run.stage)]
