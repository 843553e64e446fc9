"""Approvals of Azure Pipelines: read with the run that waits, and decided once by our identity.

The SDK lacks them. https://learn.microsoft.com/rest/api/azure/devops/approvalsandchecks/approvals
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import ConflictError, Purpose, RightMissingError
from adapters.azure_devops.own_identity import OwnIdentity
from adapters.azure_devops.rights import Right
from adapters.azure_devops.waiting_runs import Account, WaitingRuns, converted
from core.checkpoint import (
    CheckpointKind,
    CheckpointState,
    PipelineDecision,
    SeenCheckpoint,
    checkpoint_id,
    place_of_checkpoint,
)
from core.errors import StepFailedError
from core.platform import canonical_id
from core.typed_text import clean

AREA: Final = ("_apis", "pipelines", "approvals")
LONGEST_COMMENT: Final = 1000  # letters that are sent: the documentation names no limit
LONGEST_SHOWN: Final = 2000
MOST: Final = 500  # of a project's approvals that wait, in one call

STATES: Final = {
    "approved": CheckpointState.APPROVED,
    "deferred": CheckpointState.APPROVED,
    "rejected": CheckpointState.REJECTED,
    "skipped": CheckpointState.BYPASSED,
    "canceled": CheckpointState.CANCELLED,
    "failed": CheckpointState.CANCELLED,
    "timedout": CheckpointState.TIMED_OUT,
}
ANSWERS: Final = {"approved": True, "rejected": False}
SAYS: Final = {True: "Approved", False: "Rejected"}
COMMENT: Final = "{said} by {name} (object id {person}) in Sluss: {comment}"
WITHOUT: Final = "{said} by {name} (object id {person}) in Sluss."


class _Step(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one approver has said; ``actual_approver`` is who did, for themselves or a group."""

    status: str = ""
    comment: str = ""
    actual_approver: Account | None = None


class _Owner(msgspec.Struct, frozen=True):
    id: int


class _Pipeline(msgspec.Struct, frozen=True):
    owner: _Owner


class _Approval(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    status: str
    created_on: datetime
    steps: tuple[_Step, ...] = ()
    pipeline: _Pipeline


class _Listed(msgspec.Struct, frozen=True):
    id: str


class _List(msgspec.Struct, frozen=True):
    value: tuple[_Listed, ...] = ()


class AzureApprovals:
    """Implements ``core.ports.checkpoints.Checkpoints`` for approvals of environments."""

    def __init__(self, azure: AzureDevOps) -> None:
        self._azure = azure
        self._runs = WaitingRuns(azure)
        self._own = OwnIdentity(azure)

    async def look(self, checkpoint: str) -> SeenCheckpoint:
        _, project, name = place_of_checkpoint(checkpoint)
        what = f"read the approval {name}"
        answer = await self._azure.rest.get(
            Right.PIPELINES, what, project, *AREA, name, params={"$expand": "steps"}
        )
        approval = converted(answer, _Approval, Purpose(Right.PIPELINES, what))
        found = await self._runs.of(project, approval.pipeline.owner.id, approval.id)
        state = STATES.get(approval.status.casefold(), CheckpointState.PENDING)
        if state is CheckpointState.PENDING and found.is_over:
            state = CheckpointState.CANCELLED
        last = _last(approval) if state is not CheckpointState.PENDING else None
        return SeenCheckpoint(
            id=checkpoint_id(CheckpointKind.APPROVAL, found.run.project, canonical_id(approval.id)),
            kind=CheckpointKind.APPROVAL,
            run=found.run,
            state=state,
            since=approval.created_on,
            until=approval.created_on + found.limit if found.limit else None,
            our_answer=_answer_of(approval, await self._own.id()),
            closed_by=_text(_who(last)),
            comment=_text(last.comment if last else ""),
        )

    async def answer(self, shown: SeenCheckpoint, decision: PipelineDecision) -> SeenCheckpoint:
        now = await self.look(shown.id)
        is_waiting = now.state is CheckpointState.PENDING and now.our_answer is None
        if not is_waiting or now.id != shown.id or shown.run.differs_from(now.run):
            return now
        try:
            await self._write(shown, decision)
        except RightMissingError:
            raise
        except (StepFailedError, ConflictError):
            # Somebody may have been a moment earlier: what is there now says so.
            after = await self.look(shown.id)
            if after.state is CheckpointState.PENDING and after.our_answer is None:
                raise
            return after
        return await self.look(shown.id)

    async def waiting(self, projects: Collection[str]) -> tuple[str, ...]:
        return tuple([name for project in projects for name in await self._waiting(project)])

    async def _waiting(self, project: str) -> tuple[str, ...]:
        what = f"list the approvals that wait in project {project}"
        answer = await self._azure.rest.get(
            Right.PIPELINES, what, project, *AREA, params={"state": "pending", "top": str(MOST)}
        )
        listed = converted(answer, _List, Purpose(Right.PIPELINES, what)).value
        ids = (canonical_id(each.id) for each in listed)
        return tuple(
            checkpoint_id(CheckpointKind.APPROVAL, canonical_id(project), each) for each in ids
        )

    async def _write(self, shown: SeenCheckpoint, decision: PipelineDecision) -> None:
        _, project, name = place_of_checkpoint(shown.id)
        status = "approved" if decision.approved else "rejected"
        body = [{"approvalId": name, "status": status, "comment": comment_of(decision)}]
        what = f"say that the approval {name} is {status}"
        await self._azure.rest.write("PATCH", Right.APPROVALS, what, project, *AREA, body=body)


def comment_of(decision: PipelineDecision) -> str:
    """Who decided it here, in words that stay: an object id outlives a name."""
    said, by = SAYS[decision.approved], decision.by
    words = COMMENT if decision.comment.strip() else WITHOUT
    text = words.format(
        said=said, name=_text(by.name), person=by.id, comment=_text(decision.comment)
    )
    return text if len(text) <= LONGEST_COMMENT else f"{text[: LONGEST_COMMENT - 1]}…"


def _answer_of(approval: _Approval, own_id: str) -> bool | None:
    """What our identity has said there; a step that others have closed has no approver of ours."""
    for step in approval.steps:
        by = step.actual_approver
        if by is not None and canonical_id(by.id) == own_id and step.status.casefold() in ANSWERS:
            return ANSWERS[step.status.casefold()]
    return None


def _last(approval: _Approval) -> _Step | None:
    """The step of who ended it: the one that rejected, or the last that said something."""
    said = [step for step in approval.steps if step.actual_approver is not None]
    decisive = [step for step in said if step.status.casefold() == approval.status.casefold()]
    return next(reversed(decisive or said), None)


def _who(step: _Step | None) -> str:
    return step.actual_approver.display_name if step and step.actual_approver else ""


def _text(text: str) -> str:
    return " ".join(clean(text).split())[:LONGEST_SHOWN]
