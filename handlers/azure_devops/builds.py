"""``build.complete``: the build of today (2.0), and the one of the documentation (1.0).

https://learn.microsoft.com/rest/api/azure/devops/build/builds/get
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from core.events.base import Event
from core.events.outside import BuildCompleted
from core.git_events import BRANCHES
from handlers.azure_devops.hook import (
    Identity,
    KnownById,
    ServiceHook,
    project_in,
    source,
    too_little,
)
from handlers.fields import Number, Text, in_utc
from handlers.source import Delivery

AZURE_REPOS: Final = "tfsgit"
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)
_GOT: Final = re.compile(r"LG:(?P<ref>[^:\x00-\x1f\x7f]+):(?P<commit>[^:]+)")  # by 1.0, from git


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    id: Number = 0
    name: Text | None = None


class BuiltRepository(KnownById, frozen=True, kw_only=True):
    type: Text = ""


class BuildRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    requested_for: Identity | None = None


class Build(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: Number
    build_number: Text | None = None
    status: Text | None = None  # in 1.0 it is the result
    result: Text | None = None
    reason: Text | None = None
    definition: Definition | None = None
    repository: BuiltRepository | None = None
    project: KnownById | None = None
    source_branch: Text | None = None
    source_version: Text | None = None
    source_get_version: Text | None = None
    requested_for: Identity | None = None
    requests: tuple[BuildRequest, ...] | None = None
    finish_time: datetime | None = None
    url: str | None = None

    @property
    def made_of(self) -> tuple[str, str]:
        """The branch and the commit, "" where it was built from something else than git."""
        got = _GOT.fullmatch(self.source_get_version or "")
        ref = self.source_branch or (got["ref"] if got else "")
        commit = self.source_version or (got["commit"] if got else "")
        return ref.removeprefix(BRANCHES), commit.lower() if _COMMIT.fullmatch(commit) else ""

    @property
    def wanted_by(self) -> Identity | None:
        """Who pushed, queued or scheduled what was built."""
        asked = (request.requested_for for request in self.requests or ())
        return self.requested_for or next(filter(None, asked), None)


class BuildHook(ServiceHook, frozen=True, kw_only=True, rename="camel"):
    resource: Build


@source.on("build.complete", BuildHook)
def completed(delivery: Delivery[BuildHook]) -> Iterator[Event]:
    """A build may be completed more than once: a stage of it is run again."""
    build = delivery.body.resource
    told = build.project.canonical if build.project else ""
    project = told or delivery.body.project or project_in(build.url or "")
    if not project:
        yield too_little(delivery, "in which project it was")
        return
    finished = in_utc(build.finish_time or delivery.body.created_date, delivery.received)
    repository, who = build.repository, build.wanted_by
    branch, commit = build.made_of
    yield BuildCompleted(
        id=f"ado/{project}/build/{build.id}/{finished:%Y%m%dT%H%M%SZ}",
        time=finished,
        project=project,
        build=build.id,
        number=build.build_number or "",
        pipeline=build.definition.id if build.definition else 0,
        pipeline_name=(build.definition.name if build.definition else None) or "",
        repository=repository.canonical if repository and _is_ours(repository) else "",
        branch=branch,
        commit=commit,
        result=build.result or build.status or "",
        reason=build.reason or "",
        requested_for=who.account().name if who else "",
        requested_for_name=who.account().display_name if who else "",
    )


def _is_ours(repository: BuiltRepository) -> bool:
    """A repository of another host may have any id."""
    return repository.type.casefold() in {"", AZURE_REPOS}
