"""Checks of Azure Pipelines that have called us: looked at, and answered as their own job.

Our identity may not write into a plan; the token that came with the call may, into that plan alone.
https://learn.microsoft.com/azure/devops/pipelines/process/invoke-checks
"""

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import ConflictError, SignedOutError
from adapters.azure_devops.plans import GUID, PREVIEW, PlanPlace
from adapters.azure_devops.rest import Rest
from adapters.azure_devops.rights import Right
from adapters.azure_devops.waiting_checks import WaitingChecks
from core.checkpoint import CheckpointState, PipelineDecision, SeenCheckpoint
from core.errors import GoneError, StepFailedError, UnavailableError
from core.platform import canonical_id
from core.ports import JobTokens
from core.typed_text import clean

log = logging.getLogger(__name__)

EVENTS: Final = {"api-version": "2.0-preview.1"}
PATIENCE: Final = timedelta(minutes=1)  # of its clock and ours; a forged call is looked for as long
SOON_S: Final = 5.0
LONGEST: Final = 500  # letters of what people read at the run
RESULTS: Final = {True: "succeeded", False: "failed"}
SAYS: Final = {True: "Approved", False: "Rejected"}

ANSWER: Final = "answer the check of a run"
SAY: Final = "say at the check of a run who has decided"
DECIDED: Final = "{said} by {name} in Sluss{comment}"
NOT_YET: Final = "{why} It has just come, so it is looked for again by itself."
UNSIGNED: Final = (
    "The token with which this check is answered has expired or is gone, so that the run does not "
    "pass and goes on waiting. Run the check again in Azure Pipelines."
)


class CalledChecks:
    """Implements ``core.ports.Checkpoints`` for checks that call us."""

    def __init__(
        self, azure: AzureDevOps, tokens: JobTokens, patience: timedelta = PATIENCE
    ) -> None:
        self._azure = azure
        self._tokens = tokens
        self._patience = patience
        self._waiting = WaitingChecks(azure, tokens)

    async def look(self, checkpoint: str) -> SeenCheckpoint:
        """Drop the token of what does not wait any more, or is not believed for a while."""
        try:
            seen = await self._waiting.read(PlanPlace.of(checkpoint))
        except GoneError as error:
            if await self._is_young(checkpoint):
                raise UnavailableError(NOT_YET.format(why=error), retry_after_s=SOON_S) from None
            log.warning("%s", error, extra={"action": "check_not_believed"})
            await self._tokens.drop(checkpoint)
            raise
        if seen.state is not CheckpointState.PENDING:
            await self._tokens.drop(checkpoint)
        return seen

    async def answer(self, shown: SeenCheckpoint, decision: PipelineDecision) -> SeenCheckpoint:
        now = await self.look(shown.id)
        if now.state is not CheckpointState.PENDING or shown.run.differs_from(now.run):
            return now
        try:
            await self._say(PlanPlace.of(shown.id), decision)
        except (StepFailedError, ConflictError):
            # It may have ended a moment earlier: what is there now says so.
            after = await self.look(shown.id)
            if after.state is CheckpointState.PENDING:
                raise
            return after
        return await self.look(shown.id)

    async def _is_young(self, checkpoint: str) -> bool:
        """Whether it has just called: what it calls about may be shown a moment later."""
        kept = await self._tokens.find(checkpoint)
        return kept is not None and abs(datetime.now(UTC) - kept.came) < self._patience

    async def waiting(self, projects: Collection[str]) -> tuple[str, ...]:  # noqa: ARG002 - the port's
        """Return nothing: a check calls, up to ten times, and is found in no other way."""
        return ()

    async def _say(self, place: PlanPlace, decision: PipelineDecision) -> None:
        """Raise StepFailedError without a token, or if it is too old."""
        said = {
            "name": "TaskCompleted",
            "taskId": place.task,
            "jobId": place.job,
            "result": RESULTS[decision.approved],
        }
        path = (*place.path, "events")
        timeline = canonical_id((await place.read(self._azure.rest)).timeline.id)
        async with self._as_its_job(place) as rest:
            if GUID.fullmatch(timeline):
                await _note(rest, (*place.path, "timelines", timeline), place.task, decision)
            await rest.write("POST", Right.PIPELINES, ANSWER, *path, body=said, params=EVENTS)

    @asynccontextmanager
    async def _as_its_job(self, place: PlanPlace) -> AsyncIterator[Rest]:
        kept = await self._tokens.find(place.checkpoint)
        if kept is None:
            raise StepFailedError(UNSIGNED)
        rest = self._azure.as_job(kept.value)
        try:
            yield rest
        except SignedOutError:
            await self._tokens.drop(place.checkpoint)
            raise StepFailedError(UNSIGNED) from None
        finally:
            await rest.close()


async def _note(
    rest: Rest, timeline: tuple[str, ...], task: str, decision: PipelineDecision
) -> None:
    """Show at the run who has decided, and why; the answer does not depend on it."""
    words = _words(decision)
    record: dict[str, Any] = {"id": task, "currentOperation": words}
    if not decision.approved:
        record |= {"errorCount": 1, "issues": [{"type": "error", "message": words}]}
    body = {"value": [record], "count": 1}
    try:
        await rest.write(
            "PATCH", Right.PIPELINES, SAY, *timeline, "records", body=body, params=PREVIEW
        )
    except SignedOutError:
        raise
    except (StepFailedError, UnavailableError) as error:
        log.warning("%s", error, extra={"action": "check_not_explained"})


def _words(decision: PipelineDecision) -> str:
    comment = f": {decision.comment}" if decision.comment.strip() else ""
    said = SAYS[decision.approved]
    words = DECIDED.format(said=said, name=decision.by.name, comment=comment)
    return " ".join(clean(words).split())[:LONGEST]
