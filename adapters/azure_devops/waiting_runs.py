"""The run of a pipeline that waits: its commit, who had it started, and which environment it wants.

A run and its timeline say what waits where, and the evaluation of a checkpoint (a check suite) says
on which resource. The evaluation has the id that the timeline gives to the checkpoint.
https://learn.microsoft.com/rest/api/azure/devops/approvalsandchecks/check-evaluations/get
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, TypeVar

import msgspec

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import NotThereError, Purpose, RightMissingError, strange
from adapters.azure_devops.rights import Right
from core.accounts import AccountKind, HostAccount, kind_of
from core.checkpoint import WaitingRun
from core.git_events import BRANCHES
from core.platform import canonical_id
from core.typed_text import clean

Shape = TypeVar("Shape")

AZURE_REPOS: Final = "tfsgit"
ENVIRONMENT: Final = "environment"
OVER: Final = frozenset({"completed", "cancelling"})
PREVIEW: Final = "7.1-preview.1"
LONGEST: Final = 256  # letters of a name; Azure DevOps takes no longer ones


class _Named(msgspec.Struct, frozen=True, kw_only=True):
    id: str = ""
    name: str = ""
    type: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str = ""
    unique_name: str = ""
    display_name: str = ""
    descriptor: str = ""

    def account(self) -> HostAccount:
        return HostAccount(
            id=self.id,
            unique_name=self.unique_name,
            display_name=self.display_name,
            descriptor=self.descriptor,
        )


class _Definition(msgspec.Struct, frozen=True):
    id: int = 0
    name: str = ""


class _Run(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: int
    build_number: str = ""
    status: str = ""
    source_branch: str = ""
    source_version: str | None = None
    definition: _Definition = _Definition()
    project: _Named
    repository: _Named = _Named()
    requested_for: Account | None = None
    requested_by: Account | None = None


class _Record(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    parent_id: str | None = None
    type: str = ""
    name: str | None = None


class _Timeline(msgspec.Struct, frozen=True):
    records: tuple[_Record, ...] = ()


class _Configuration(msgspec.Struct, frozen=True, kw_only=True):
    id: int = 0
    timeout: int | None = None
    resource: _Named | None = None


class _CheckRun(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str = ""
    check_configuration_ref: _Configuration | None = None


class _Suite(msgspec.Struct, frozen=True, rename="camel"):
    check_runs: tuple[_CheckRun, ...] = ()


class _Configurations(msgspec.Struct, frozen=True):
    value: tuple[_Configuration, ...] = ()


class FoundRun(msgspec.Struct, frozen=True, kw_only=True):
    """``is_over``: nothing of it waits any more. ``limit`` is how long it waits at most."""

    run: WaitingRun
    is_over: bool = False
    limit: timedelta | None = None


class WaitingRuns:
    """``gate`` is the id of an approval, or of a check's task: the timeline has it."""

    def __init__(self, azure: AzureDevOps) -> None:
        self._azure = azure

    async def of(self, project: str, number: int, gate: str) -> FoundRun:
        """Raise NotThereError for a run that is not in the project."""
        run = await self._read(Right.BUILDS, _Run, project, f"builds/{number}")
        timeline = await self._read(Right.BUILDS, _Timeline, project, f"builds/{number}/timeline")
        records = {canonical_id(each.id): each for each in timeline.records}
        above = tuple(_above(records, gate))
        stage = next((each.name or "" for each in above if each.type == "Stage"), "")
        suite = next((each.id for each in above if each.type == "Checkpoint"), "")
        guarded = await self._guarded(project, suite, gate) if suite else None
        environment, limit = await self._environment(project, guarded)
        return FoundRun(
            run=self._waiting(run, _shown(stage), environment),
            is_over=run.status.casefold() in OVER,
            limit=limit,
        )

    def _waiting(self, run: _Run, stage: str, environment: str) -> WaitingRun:
        project = canonical_id(run.project.id)
        repository = run.repository if run.repository.type.casefold() == AZURE_REPOS else _Named()
        return WaitingRun(
            project=project,
            project_name=_exact(run.project.name),
            environment=environment,
            pipeline=run.definition.id,
            pipeline_name=_shown(run.definition.name),
            run=run.id,
            run_name=_shown(run.build_number),
            link=f"{self._azure.address}/{project}/_build/results?buildId={run.id}",
            stage=stage,
            repository=canonical_id(repository.id),
            repository_name=_shown(repository.name),
            branch=_shown(run.source_branch.removeprefix(BRANCHES)),
            commit=(run.source_version or "").lower(),
            started_by=tuple(_starters(run)),
            started_by_name=_shown(run.requested_for.display_name if run.requested_for else ""),
        )

    async def _guarded(self, project: str, suite: str, gate: str) -> _Configuration | None:
        """The check that asks, as the evaluation of its checkpoint names it."""
        try:
            answer = await self._azure.rest.get(
                Right.PIPELINES,
                f"read which environment checkpoint {suite} is of",
                *(project, "_apis", "pipelines", "checks", "runs", suite),
                params={"api-version": PREVIEW},
            )
        except (NotThereError, RightMissingError):
            return None
        found = converted(answer, _Suite, Purpose(Right.PIPELINES, f"read checkpoint {suite}"))
        mine = (each for each in found.check_runs if canonical_id(each.id) == canonical_id(gate))
        return next((each.check_configuration_ref for each in mine), None)

    async def _environment(
        self, project: str, guarded: _Configuration | None
    ) -> tuple[str, timedelta | None]:
        """The environment's name, and how long its check waits; another resource is none."""
        resource = guarded.resource if guarded else None
        if guarded is None or resource is None or resource.type.casefold() != ENVIRONMENT:
            return "", None
        try:
            answer = await self._azure.rest.get(
                Right.PIPELINES,
                f"read the time limits of the environment {resource.id}",
                *(project, "_apis", "pipelines", "checks", "configurations"),
                params={
                    "resourceType": ENVIRONMENT,
                    "resourceId": resource.id,
                    "api-version": PREVIEW,
                },
            )
        except (NotThereError, RightMissingError):
            return _exact(resource.name), None
        wanted = Purpose(Right.PIPELINES, "read the checks of an environment")
        listed = converted(answer, _Configurations, wanted).value
        minutes = next((each.timeout for each in listed if each.id == guarded.id), None)
        return _exact(resource.name), timedelta(minutes=minutes) if minutes else None

    async def _read(self, right: Right, shape: type[Shape], project: str, path: str) -> Shape:
        what = f"read {path} of a run that waits"
        parts = (project, "_apis", "build", *path.split("/"))
        answer = await self._azure.rest.get(right, what, *parts)
        return converted(answer, shape, Purpose(right, what))


def converted(answer: Any, shape: type[Shape], wanted: Purpose) -> Shape:
    """Raise UnavailableError for an answer that is not of Azure DevOps."""
    try:
        return msgspec.convert(_without_null(answer), shape, strict=False)
    except msgspec.ValidationError:
        raise strange(wanted, "another form") from None


def _without_null(value: Any) -> Any:
    """What is null was not said."""
    match value:
        case dict():
            return {key: _without_null(each) for key, each in value.items() if each is not None}
        case list():
            return [_without_null(each) for each in value]
    return value


def _above(records: dict[str, _Record], name: str) -> Iterator[_Record]:
    """The records that a record is in, the nearest first."""
    seen: set[str] = set()
    record = records.get(canonical_id(name))
    while record is not None and record.id not in seen:
        yield record
        seen.add(record.id)
        record = records.get(canonical_id(record.parent_id or ""))


def _starters(run: _Run) -> Iterator[str]:
    """Who it is for, and who asked for it; the host's own service asks for somebody else."""
    told = [each.account().name for each in (run.requested_for, run.requested_by) if each]
    names = dict.fromkeys(name for name in told if name)
    people = [name for name in names if kind_of(name) is not AccountKind.SERVICE]
    yield from people or names


def _exact(name: str) -> str:
    """A name that rules are looked up by; one that does not show as it is has none."""
    return name if clean(name).strip() == name.strip() and len(name) <= LONGEST else ""


def _shown(name: str) -> str:
    return " ".join(clean(name).split())[:LONGEST]
