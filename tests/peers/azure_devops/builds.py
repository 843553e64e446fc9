"""Builds of a project's pipelines: of which repository and commit they were, and how they ended.

https://learn.microsoft.com/rest/api/azure/devops/build/builds/list
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from tests.peers.azure_devops import shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.repositories import Repository
from tests.peers.azure_devops.routes import Call, Location, Routes
from tests.peers.azure_devops.world import Project

BUILDS = Location(
    "0cd358e1-9217-4d94-8269-1c1ee6f93dcf",
    "build",
    "builds",
    "{project}/_apis/{area}/{resource}/{buildId}",
    7,
)
Json = dict[str, Any]
routes = Routes()


@dataclass(eq=False)
class Build:
    """``commit`` is None where the build does not say what it was of."""

    number: int
    repository: Repository
    commit: str | None
    pipeline: int = 1
    status: str = "completed"
    result: str | None = "succeeded"
    finished: datetime | None = None

    @property
    def uri(self) -> str:
        return f"vstfs:///Build/Build/{self.number}"


_builds: WeakKeyDictionary[Project, list[Build]] = WeakKeyDictionary()


def builds_of(project: Any) -> list[Build]:
    return _builds.setdefault(project, [])


def built(repository: Repository, commit: str | None, **more: Any) -> Build:
    """One that ended now, unless ``more`` says otherwise."""
    world: Any = repository.world
    with world.lock:
        made = Build(world.next_id(), repository, commit, finished=world.now(), **more)
        builds_of(repository.project).append(made)
        return made


@routes.on("GET", BUILDS, right=Right.BUILD_READ)
def builds(call: Call) -> list[Json]:
    """Of one repository the type has to be named, too."""
    repository, status = call.text("repositoryId").lower(), call.text("statusFilter").lower()
    assert not repository or call.text("repositoryType") == "TfsGit"
    found = [
        build
        for build in builds_of(call.project)
        if (not repository or build.repository.id == repository)
        and (not status or build.status.lower() == status)
    ]
    found.sort(key=lambda build: (build.finished is not None, build.finished), reverse=True)
    return [_shape(build, call.base) for build in call.page(found)]


def _shape(build: Build, base: str) -> Json:
    return {
        "id": build.number,
        "buildNumber": f"20261201.{build.number}",
        "uri": build.uri,
        "status": build.status,
        "result": build.result,
        "finishTime": build.finished and shapes.moment(build.finished),
        "sourceBranch": "refs/heads/main",
        "sourceVersion": build.commit,
        "definition": {"id": build.pipeline, "name": f"pipeline {build.pipeline}"},
        "project": shapes.project_ref(build.repository.project, base),
        "repository": {"id": build.repository.id, "type": "TfsGit", "name": build.repository.name},
    }
