"""The next attempt of a step is planned: only the flow raises the attempt."""

from core.context import Context
from core.events.base import Event
from core.events.derived import StepPlanned
from core.events.people import RetryRequested
from core.flow.cards import CardRef
from core.flow.decision import Decision, follows
from core.jobs import step_job
from core.release.model import Model
from core.release.release import Release
from core.release.state import step_key
from core.words import PersonId, Stage, Step


def plan(
    model: Model, release: Release, event: Event, context: Context, *, step: Step, stage: Stage
) -> Decision:
    """Its event, its job, and the release's card. Whoever has it tried again is named."""
    before = release.steps.get(step_key(step, stage))
    attempt = before.attempt + 1 if before else 1
    by = event.by if isinstance(event, RetryRequested) else None
    planned = follows(
        event, StepPlanned, context, release=release.id, step=step, attempt=attempt, stage=stage,
        by=by.id if by else PersonId(""), names=tuple(sorted(by.names)) if by else (),
    )  # fmt: skip
    job = step_job(model.stream, release.id, step, attempt, stage)
    return Decision(events=(planned,), jobs=(job,), cards=(CardRef("release", release.id),))
