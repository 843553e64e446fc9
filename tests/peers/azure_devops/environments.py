"""Environments, what must be passed before a stage may use them, and who may decide."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from tests.peers.azure_devops.called_checks import CheckCall, RestCheck
from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.pipelines import Run, Stage
from tests.peers.azure_devops.refusals import RefusedError, invalid
from tests.peers.azure_devops.world import Project

PENDING_EVENT = "ms.vss-pipelinechecks-events.approval-pending"
COMPLETED_EVENT = "ms.vss-pipelinechecks-events.approval-completed"
PENDING, APPROVED, REJECTED = "pending", "approved", "rejected"
SKIPPED, CANCELED, TIMED_OUT = "skipped", "canceled", "timedOut"
OUTCOMES = {
    APPROVED: "succeeded",
    SKIPPED: "succeeded",
    PENDING: None,
    CANCELED: "canceled",
    TIMED_OUT: "skipped",
}

_environments: WeakKeyDictionary[Project, list["Environment"]] = WeakKeyDictionary()


def environments_of(project: Project) -> list["Environment"]:
    return _environments.setdefault(project, [])


def approvals_of(project: Project) -> list["Approval"]:
    found = [one for environment in environments_of(project) for one in environment.approvals]
    return sorted(found, key=lambda approval: approval.created)


@dataclass(eq=False)
class Environment:
    """Its project's from the moment it is made. No approvers: nobody has to approve."""

    project: Project
    name: str
    approvers: tuple[Identity, ...] = ()
    min_required: int = 0  # 0: all of them
    instructions: str = ""
    may_approve_own_runs: bool = True
    members: dict[str, tuple[Identity, ...]] = field(default_factory=dict)  # of groups, by their id
    checks: list[RestCheck] = field(default_factory=list)
    approvals: list["Approval"] = field(default_factory=list)
    calls: list[CheckCall] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = self.project.world.next_id()
        environments_of(self.project).append(self)

    def ask(self, stage: Stage) -> list[Any]:
        """Open what a stage must pass; the approvers are those of this moment for good."""
        gates: list[Any] = [self._call(check, stage) for check in self.checks]
        if self.approvers:
            gates.append(self._approval(stage))
        return gates

    def _approval(self, stage: Stage) -> "Approval":
        now = self.project.world.now()
        steps = [Step(approver, order) for order, approver in enumerate(self.approvers, start=1)]
        required = self.min_required or len(steps)
        made = Approval(self, stage, steps, required, self.instructions, now, now)
        self.approvals.append(made)
        made.tell(PENDING_EVENT, stage.run.requested_for)
        return made

    def _call(self, check: RestCheck, stage: Stage) -> CheckCall:
        made = CheckCall(check, stage)
        self.calls.append(made)
        return made


@dataclass
class Step:
    """What one approver (or group) is asked."""

    assigned: Identity
    order: int
    status: str = PENDING
    actual: Identity | None = None
    comment: str = ""
    modified: datetime | None = None


@dataclass(eq=False)
class Approval:
    """The question of one stage to the approvers of its environment."""

    environment: Environment
    stage: Stage
    steps: list[Step]
    min_required: int
    instructions: str
    created: datetime
    modified: datetime
    status: str = PENDING
    id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def project(self) -> Project:
        return self.environment.project

    @property
    def run(self) -> Run:
        return self.stage.run

    @property
    def blocked(self) -> list[Identity]:
        return [] if self.environment.may_approve_own_runs else [self.run.requested_for]

    @property
    def outcome(self) -> str | None:
        """As the stage sees it; None while nothing is decided."""
        return OUTCOMES.get(self.status, "failed")

    def decide(self, status: str, *, by: Identity, comment: str = "") -> None:
        """Take what one approver says; the last one needed moves the stage."""
        with self.project.world.lock:
            if status not in (APPROVED, REJECTED):
                raise invalid(f"The value '{status}' is not valid for status.")
            if self.status != PENDING:
                raise invalid(
                    f"Approval {self.id} cannot be updated: its status is {self.status}.",
                    "ApprovalAlreadyCompletedException",
                )
            step = self._step_of(by)
            step.status, step.actual, step.comment = status, by, comment
            step.modified = self.modified = self.project.world.now()
            given = sum(step.status == APPROVED for step in self.steps)
            if status == REJECTED or given >= self.min_required:
                self._complete(status, by)

    def skip(self, *, by: Identity) -> None:
        """An administrator of the environment bypasses it."""
        self._complete(SKIPPED, by)

    def time_out(self) -> None:
        self._complete(TIMED_OUT, self.run.requested_for)

    def cancel(self) -> None:
        if self.status == PENDING:
            self._complete(CANCELED, self.run.requested_for)

    def tell(self, event_type: str, by: Identity) -> None:
        self.project.world.tell(Happening(event_type, self, by))

    def _complete(self, status: str, by: Identity) -> None:
        with self.project.world.lock:
            self.status, self.modified = status, self.project.world.now()
            for step in self.steps:
                if step.status == PENDING:
                    step.status = status
            self.tell(COMPLETED_EVENT, by)
            self.stage.look()

    def _step_of(self, by: Identity) -> Step:
        if by not in self.blocked:
            for step in self.steps:
                members: Iterable[Identity] = self.environment.members.get(step.assigned.id, ())
                if step.status == PENDING and (by == step.assigned or by in members):
                    return step
        raise RefusedError(
            403,
            "ApprovalUnauthorizedException",
            f"{by.display_name} does not have permission to update the approval {self.id}.",
        )
