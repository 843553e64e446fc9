"""Plans of runs and of their checks, and the timelines with what a run has done and waits for.

https://learn.microsoft.com/rest/api/azure/devops/distributedtask/
"""

import re
from datetime import datetime
from typing import Final, Self

import msgspec

from adapters.azure_devops.errors import Purpose
from adapters.azure_devops.rest import Rest
from adapters.azure_devops.rights import Right
from adapters.azure_devops.waiting_runs import converted
from core.errors import GoneError
from core.platform import canonical_id

GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAME: Final = re.compile(
    f"check/(?P<project>{GUID.pattern})/(?P<hub>build|checks)/(?P<plan>{GUID.pattern})"
    f"/(?P<job>{GUID.pattern})/(?P<task>{GUID.pattern})"
)
PREVIEW: Final = {"api-version": "7.1-preview.1"}
COMPLETED: Final = "completed"
TASK_CHECK: Final = "checkpoint.taskcheck"
WHAT: Final = "read back the plan of a check"
NO_NAME: Final = "This is not the name of a check, so that nobody was asked for it."
_RUN: Final = re.compile(r"vstfs:///Build/Build/(?P<run>\d{1,9})", re.IGNORECASE)


class _Stateful(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    state: str = ""
    result: str = ""

    @property
    def is_completed(self) -> bool:
        return self.state.casefold() == COMPLETED

    @property
    def outcome(self) -> str:
        return self.result.casefold()


class _Owner(msgspec.Struct, frozen=True, kw_only=True):
    id: int | str = ""


class _TimelineRef(msgspec.Struct, frozen=True, kw_only=True):
    id: str = ""


class RunPlan(_Stateful, frozen=True, kw_only=True, rename="camel"):
    """What a run, or a check, has set out to do."""

    plan_id: str
    scope_identifier: str
    artifact_uri: str = ""
    owner: _Owner = _Owner()
    timeline: _TimelineRef = _TimelineRef()

    @property
    def run(self) -> int:
        """The number of its run; 0 where it does not say so."""
        owner = str(self.owner.id)
        if owner.isascii() and owner.isdigit():
            return int(owner)
        told = _RUN.fullmatch(self.artifact_uri)
        return int(told["run"]) if told else 0


class Record(_Stateful, frozen=True, kw_only=True, rename="camel"):
    """Something that a run does or waits for, in the tree of its timeline."""

    id: str
    type: str = ""
    identifier: str = ""
    start_time: datetime | None = None

    @property
    def is_task_check(self) -> bool:
        return self.type.casefold() == TASK_CHECK

    @property
    def names(self) -> frozenset[str]:
        return frozenset({canonical_id(self.id), canonical_id(self.identifier)})


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    records: tuple[Record, ...] = ()


class PlanPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a check's plan is, by the name of its checkpoint. All of it may stand in a path."""

    checkpoint: str
    project: str
    hub: str
    plan: str
    job: str
    task: str

    @classmethod
    def of(cls, checkpoint: str) -> Self:
        """Raise GoneError for what is not the name of a check."""
        found = NAME.fullmatch(checkpoint)
        if found is None:
            raise GoneError(NO_NAME)
        return cls(checkpoint=checkpoint, **found.groupdict())

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.plan, self.job, self.task})

    @property
    def path(self) -> tuple[str, ...]:
        """Where it is in our organisation; no address that somebody sent is ever called."""
        return (self.project, "_apis", "distributedtask", "hubs", self.hub, "plans", self.plan)

    async def read(self, rest: Rest) -> RunPlan:
        answer = await rest.get(Right.PIPELINES, WHAT, *self.path, params=PREVIEW)
        return converted(answer, RunPlan, Purpose(Right.PIPELINES, WHAT))
