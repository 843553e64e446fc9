"""Reads back what a check of Azure Pipelines says of itself, from our organisation alone.

Whoever has the secret of our address may say anything there: that a run waits at an environment
counts where its plan, its build, its timeline and its check suite say the same.
https://learn.microsoft.com/azure/devops/pipelines/process/invoke-checks
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import NotThereError, Purpose
from adapters.azure_devops.plans import PlanPlace, Record, RunPlan, Timeline
from adapters.azure_devops.rights import Right
from adapters.azure_devops.waiting_runs import WaitingRuns, converted
from core.checkpoint import CheckpointKind, CheckpointState, SeenCheckpoint
from core.errors import GoneError
from core.platform import canonical_id
from core.ports import JobTokens

BUILD_HUB: Final = "build"
ENDS: Final = {
    "succeeded": CheckpointState.APPROVED,
    "succeededwithissues": CheckpointState.APPROVED,
    "failed": CheckpointState.REJECTED,
    "canceled": CheckpointState.CANCELLED,
    "abandoned": CheckpointState.CANCELLED,
    "skipped": CheckpointState.TIMED_OUT,
}
# Who has answered is not told; who has the token of the job is Azure DevOps, and we.
ANSWERS: Final = {CheckpointState.APPROVED: True, CheckpointState.REJECTED: False}

WHAT: Final = "read back the run that waits for a check"
NO_PLAN: Final = (
    "Azure DevOps has no such plan in this project: the call of the check is not believed."
)
OTHER_PROJECT: Final = "The plan is of another project: the call of the check is not believed."
NO_RUN: Final = (
    "The plan is of no run that Azure DevOps shows us: the call of the check is not believed. Let "
    "the check send BuildId, too."
)
OTHER_RUN: Final = "The plan is not that of its run: the call of the check is not believed."
NO_RECORD: Final = "The run has no check of this name: the call of the check is not believed."


class _ProjectRef(msgspec.Struct, frozen=True, kw_only=True):
    id: str


class _PlanRef(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    plan_id: str = ""


class _Build(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: int
    project: _ProjectRef
    orchestration_plan: _PlanRef = _PlanRef()
    queue_time: datetime | None = None


class WaitingChecks:
    """``tokens`` has the number of the run that came with a call, a hint where the plan is mute."""

    def __init__(self, azure: AzureDevOps, tokens: JobTokens) -> None:
        self._azure = azure
        self._tokens = tokens
        self._runs = WaitingRuns(azure)

    async def read(self, place: PlanPlace) -> SeenCheckpoint:
        """Return the check as Azure DevOps has it now.

        Raise GoneError for what is not believed, StepFailedError for what is refused to us, and
        UnavailableError.
        """
        plan = await self._plan(place)
        build = await self._build(place, plan)
        record = await self._record(place, build)
        found = await self._runs.of(place.project, build.id, canonical_id(record.id))
        state = _state(place, plan, record)
        if state is CheckpointState.PENDING and found.is_over:
            state = CheckpointState.CANCELLED
        since = record.start_time or build.queue_time or datetime.now(UTC)
        return SeenCheckpoint(
            id=place.checkpoint,
            kind=CheckpointKind.CHECK,
            run=found.run,
            state=state,
            since=since,
            until=since + found.limit if found.limit else None,
            our_answer=ANSWERS.get(state),
        )

    async def _plan(self, place: PlanPlace) -> RunPlan:
        try:
            plan = await place.read(self._azure.rest)
        except NotThereError:
            raise GoneError(NO_PLAN) from None
        is_it = canonical_id(plan.plan_id) == place.plan
        if not is_it or canonical_id(plan.scope_identifier) != place.project:
            raise GoneError(OTHER_PROJECT)
        return plan

    async def _build(self, place: PlanPlace, plan: RunPlan) -> _Build:
        for number in dict.fromkeys((plan.run, await self._hint(place))):
            build = await self._build_of(place, number) if number else None
            if build is not None:
                break
        else:
            raise GoneError(NO_RUN)
        if canonical_id(build.project.id) != place.project:
            raise GoneError(OTHER_PROJECT)
        plan_of_run = canonical_id(build.orchestration_plan.plan_id)
        if place.hub == BUILD_HUB and plan_of_run != place.plan:
            raise GoneError(OTHER_RUN)
        return build

    async def _build_of(self, place: PlanPlace, number: int) -> _Build | None:
        path = (place.project, "_apis", "build", "builds", str(number))
        try:
            answer = await self._azure.rest.get(Right.BUILDS, WHAT, *path)
        except NotThereError:
            return None
        build = converted(answer, _Build, Purpose(Right.BUILDS, WHAT))
        return build if build.id == number else None

    async def _hint(self, place: PlanPlace) -> int:
        """The run that the call has named. It counts where the plan names none that is there."""
        kept = await self._tokens.find(place.checkpoint)
        return kept.run if kept else 0

    async def _record(self, place: PlanPlace, build: _Build) -> Record:
        """Return the record of the check in the run's timeline, which is named as its call is.

        A check that has a plan of its own may be none there by any of these names. Then it is the
        one that waits; where several do nobody can tell which.
        """
        path = (place.project, "_apis", "build", "builds", str(build.id), "timeline")
        answer = await self._azure.rest.get(Right.BUILDS, WHAT, *path)
        said = {} if answer is None else answer  # a run that has only just begun has none
        timeline = converted(said, Timeline, Purpose(Right.BUILDS, WHAT))
        checks = [record for record in timeline.records if record.is_task_check]
        named = [record for record in checks if place.names & record.names]
        if not named and place.hub != BUILD_HUB:
            named = [record for record in checks if not record.is_completed] or checks
        if len(named) != 1:
            raise GoneError(NO_RECORD)
        return named[0]


def _state(place: PlanPlace, plan: RunPlan, record: Record) -> CheckpointState:
    """A plan of the check's own says as much as the record; that of a whole run does not."""
    ends = [record] if place.hub == BUILD_HUB else [record, plan]
    ended = next((each for each in ends if each.is_completed), None)
    return ENDS.get(ended.outcome, CheckpointState.GONE) if ended else CheckpointState.PENDING
