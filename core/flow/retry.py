"""A failed step is tried again without redoing the good ones."""

from core.events.people import RetryRequested
from core.flow.acceptance import identity_problem, refuse, team_problem
from core.flow.decision import Context, Decision, decides
from core.flow.steps import plan
from core.release.model import Model
from core.release.release import Release
from core.release.state import State

CAN_RETRY = frozenset({State.FAILED, State.BLOCKED, State.STUCK})


@decides(RetryRequested)
def retried(model: Model, event: RetryRequested, context: Context) -> Decision:
    release = model.releases.get(event.release)
    reason = _why_not(release, event, context)
    if release is None or reason:
        who = f"A member of {release.team} can." if release else ""
        return refuse(event, context, (event.release, event.by), ("retry", reason, who))
    run = release.current_step()
    assert run is not None
    return plan(model, release, event, context, step=run.step, stage=run.stage)


def _why_not(release: Release | None, event: RetryRequested, context: Context) -> str:
    if release is None:
        return f"There is no release {event.release}."
    if release.state not in CAN_RETRY:
        return f"{release.id} is {release.state}: there is nothing to retry."
    unknown = identity_problem(event.by, context)
    if unknown or not release.team:  # before the gate has read TEAM_NAME anybody known may
        return unknown
    return team_problem(event.by, release, "retry a step")
