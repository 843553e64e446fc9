"""Who lets a run of a pipeline use an environment: the groups of a rule, and nobody of its makers.

Without a rule for its project and environment nobody decides here, whoever it is.
"""

from collections.abc import Iterator
from typing import Final

from core.authority.acts import PipelineAct, RejectPipeline
from core.authority.conditions import NO_REASON, known, written
from core.authority.contributors import NAME_THEM, NOT_COUNTED, all_known
from core.authority.four_eyes import hands_in, why_excluded
from core.authority.ruling import Condition, Ruling, barred, met
from core.checkpoint import CheckpointKind, CheckpointState, PipelineCheckpoint
from core.context import Context
from core.contributors import Contributors
from core.people import Person, folded
from core.policy import Policy

SIGN_IN: Final = "Sign in as yourself and press again."
NOT_THERE: Final = (
    "No pipeline waits by this name: it was decided long ago, or there never was one. Nothing was "
    "decided."
)
DECIDED: Final = "This was decided before: {outcome} by {name}. Nothing was decided a second time."
CLOSED: Final = {
    CheckpointState.APPROVED: "This was approved in Azure DevOps{by}. Nothing was decided here.",
    CheckpointState.REJECTED: "This was rejected in Azure DevOps{by}. Nothing was decided here.",
    CheckpointState.BYPASSED: "This was bypassed in Azure DevOps. Nothing was decided here.",
    CheckpointState.CANCELLED: "The run was cancelled. There is nothing to decide any more.",
    CheckpointState.TIMED_OUT: "The time limit has passed. There is nothing to decide any more.",
    CheckpointState.GONE: "Azure DevOps does not show it any more. There is nothing to decide.",
}
NO_RULE: Final = (
    "policy.yml has no rule for the environment {environment!r} of the project {project!r}, so "
    "that nobody decides about it here. Nothing was decided."
)
NO_ENVIRONMENT: Final = (
    "Azure DevOps does not tell Sluss which environment it is for, so that no rule of policy.yml "
    "holds and nobody decides about it here. Nothing was decided."
)
IN_AZURE: Final = "Decide it in Azure DevOps{rule}."
BYPASS: Final = "An administrator of the environment may bypass the check in Azure DevOps{rule}."
WRITE_RULE: Final = ", or have the platform team write a rule (`pipelines` in policy.yml)"
NOT_YOURS: Final = "You are in no group that decides about {environment}."
NOBODY: Final = "Nobody can: its rule in policy.yml names no group."
HAND: Final = "You may not decide about this: you {did}."
NAME_OR_ELSEWHERE: Final = f"{NAME_THEM}decide it in Azure DevOps."


def decide_pipeline(person: Person | None, act: PipelineAct, context: Context) -> Iterator[Ruling]:
    """Ask first whether it is open, so that a second person hears who has decided it."""
    yield known(person, context, SIGN_IN)
    checkpoint = context.desk.checkpoints.get(act.checkpoint)
    yield _open(checkpoint)
    if checkpoint is None or not checkpoint.is_open:
        return
    counted = context.contributors or checkpoint.contributors
    who_can = who_decides(checkpoint, context.policy)
    yield _of_the_rule(person, checkpoint, context.policy)
    yield _four_eyes(person, counted, who_can)
    if isinstance(act, RejectPipeline):
        yield written((act.reason,), NO_REASON)
    elif person is not None or counted is not None:
        yield all_known(counted, context, NAME_OR_ELSEWHERE)


def deciders(checkpoint: PipelineCheckpoint, policy: Policy) -> tuple[str, ...]:
    """The groups whose members may decide about it here; without a rule there are none."""
    return _rule(checkpoint, policy) or ()


def who_decides(checkpoint: PipelineCheckpoint, policy: Policy) -> str:
    """Who could, in words that follow a refusal."""
    groups = _rule(checkpoint, policy)
    elsewhere = BYPASS if checkpoint.seen.kind is CheckpointKind.CHECK else IN_AZURE
    if groups is None:
        return elsewhere.format(rule=WRITE_RULE if folded(checkpoint.run.environment) else "")
    if not groups:
        return f"{NOBODY} {elsewhere.format(rule='')}"
    return f"A member of {' or '.join(groups)} can who had no hand in it."


def _rule(checkpoint: PipelineCheckpoint, policy: Policy) -> tuple[str, ...] | None:
    run = checkpoint.run
    return policy.pipeline_groups(run.project_name, run.environment)


def _open(checkpoint: PipelineCheckpoint | None) -> Ruling:
    if checkpoint is None:
        return barred(Condition.OPEN, NOT_THERE)
    if decision := checkpoint.decision:
        outcome = "approved" if decision.approved else "rejected"
        says = DECIDED.format(outcome=outcome, name=decision.by.name)
        return barred(Condition.OPEN, says)
    if checkpoint.closed is not None:
        by = checkpoint.seen.closed_by
        says = CLOSED[checkpoint.seen.state].format(by=f" by {by}" if by else "")
        return barred(Condition.OPEN, says)
    return met(Condition.OPEN)


def _of_the_rule(person: Person | None, checkpoint: PipelineCheckpoint, policy: Policy) -> Ruling:
    run, groups = checkpoint.run, _rule(checkpoint, policy)
    who_can = who_decides(checkpoint, policy)
    if groups is None:
        words = NO_RULE if folded(run.environment) else NO_ENVIRONMENT
        says = words.format(environment=run.environment, project=run.project_name)
        return barred(Condition.GROUP, says, who_can)
    if groups and (person is None or any(map(person.is_member, groups))):
        return met(Condition.GROUP, who_can)
    return barred(Condition.GROUP, NOT_YOURS.format(environment=run.environment), who_can)


def _four_eyes(person: Person | None, counted: Contributors | None, who_can: str) -> Ruling:
    if person is None:
        return met(Condition.FOUR_EYES)
    if counted is None:
        return NOT_COUNTED
    reasons = {folded(name): did for name, did in hands_in(counted).items() if name}
    if did := why_excluded(person, reasons):
        return barred(Condition.FOUR_EYES, HAND.format(did=did), who_can)
    return met(Condition.FOUR_EYES)
