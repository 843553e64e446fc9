"""``ms.vss-pipelines.*``: a run of a pipeline, or a stage of one, has another state.

https://learn.microsoft.com/rest/api/azure/devops/pipelines/runs/get
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from core.events.base import Event
from core.events.outside import RunStateChanged, StageStateChanged
from core.git_events import BRANCHES
from handlers.azure_devops.builds import BuiltRepository, Definition
from handlers.azure_devops.hook import KnownById, ServiceHook, project_in, source, too_little
from handlers.fields import Number, ObjectId, Text, in_utc
from handlers.source import Delivery

SELF: Final = "self"  # the repository that has the pipeline's file
_RUN: Final = re.compile(r"(?:/runs/|[?&]buildId=)(?P<run>\d{1,18})(?!\d)", re.IGNORECASE)


class UsedRepository(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    repository: BuiltRepository | None = None
    ref_name: Text | None = None
    version: ObjectId | None = None


class RunResources(msgspec.Struct, frozen=True, kw_only=True):
    repositories: Mapping[str, UsedRepository] | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: Number = 0
    name: Text | None = None
    state: Text | None = None
    result: Text | None = None
    pipeline: Definition | None = None
    resources: RunResources | None = None
    finished_date: datetime | None = None

    @property
    def made_of(self) -> UsedRepository:
        used = self.resources.repositories if self.resources else None
        return (used or {}).get(SELF, UsedRepository())


class RunStage(msgspec.Struct, frozen=True, kw_only=True):
    name: Text = ""
    state: Text | None = None
    result: Text | None = None


class RunResource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    run: Run | None = None
    pipeline: Definition | None = None
    stage: RunStage | None = None
    project_id: Text | None = None
    run_id: Number = 0
    stage_name: Text | None = None
    url: str | None = None

    @property
    def number(self) -> int:
        told = _RUN.search(self.url or "")
        return (self.run.id if self.run else 0) or self.run_id or (int(told["run"]) if told else 0)

    @property
    def used(self) -> Definition:
        return self.pipeline or (self.run.pipeline if self.run else None) or Definition()


class RunHook(ServiceHook, frozen=True, kw_only=True, rename="camel"):
    resource: RunResource

    @property
    def of_project(self) -> str:
        told = KnownById(id=self.resource.project_id or "").canonical
        return told or self.project or project_in(self.resource.url or "")


@source.on("ms.vss-pipelines.run-state-changed-event", RunHook)
def run_changed(delivery: Delivery[RunHook]) -> Iterator[Event]:
    """It may come to the same state twice: what has failed is run again."""
    body, resource = delivery.body, delivery.body.resource
    if not body.of_project or not resource.number:
        yield too_little(delivery, "which run it is")
        return
    run = resource.run or Run()
    time = in_utc(run.finished_date or body.created_date, delivery.received)
    made_of = run.made_of
    yield RunStateChanged(
        id=f"ado/{body.of_project}/run/{resource.number}/{_state(run)}/{time:%Y%m%dT%H%M%SZ}",
        time=time,
        project=body.of_project,
        run=resource.number,
        name=run.name or "",
        pipeline=resource.used.id,
        pipeline_name=resource.used.name or "",
        state=run.state or "",
        result=run.result or "",
        repository=made_of.repository.canonical if made_of.repository else "",
        branch=(made_of.ref_name or "").removeprefix(BRANCHES),
        commit=(made_of.version or "").lower(),
    )


@source.on("ms.vss-pipelines.stage-state-changed-event", RunHook)
def stage_changed(delivery: Delivery[RunHook]) -> Iterator[Event]:
    body, resource = delivery.body, delivery.body.resource
    stage = resource.stage or RunStage(name=resource.stage_name or "")
    if not body.of_project or not resource.number or not stage.name:
        yield too_little(delivery, "which run it is")
        return
    time = in_utc(body.created_date, delivery.received)
    about = f"run/{resource.number}/stage/{stage.name}/{_state(stage)}/{time:%Y%m%dT%H%M%SZ}"
    yield StageStateChanged(
        id=f"ado/{body.of_project}/{about}",
        time=time,
        project=body.of_project,
        run=resource.number,
        stage=stage.name,
        pipeline=resource.used.id,
        pipeline_name=resource.used.name or "",
        state=stage.state or "",
        result=stage.result or "",
    )


def _state(of: Run | RunStage) -> str:
    return "/".join(filter(None, (of.state, of.result))) or "no_state"
