"""The builds of exactly one commit: those of its repository's own pipelines that came to an end."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.places import RepositoryPlaces
from adapters.azure_devops.rights import Right
from core.platform import canonical_id

LOOKED_AT: Final = 1_000  # of the newest ones of a repository
COUNTS: Final = frozenset({"succeeded", "partiallysucceeded", "failed"})
URI: Final = "vstfs:///Build/Build/{id}"  # test runs are asked for by it; without it come all
TYPE: Final = "TfsGit"  # a repository of Azure DevOps; others have ids of their own hosts


class CommitBuild(msgspec.Struct, frozen=True):
    """A build that ended; ``project`` is the id of its project."""

    project: str
    number: int
    uri: str
    pipeline: int


class Builds:
    def __init__(self, azure_devops: AzureDevOps) -> None:
        self._azure_devops = azure_devops
        self.places = RepositoryPlaces(azure_devops)

    async def of(self, repository: str, commit: str) -> list[CommitBuild]:
        """Return the newest build of each pipeline at the commit, the newest first."""
        project = (await self.places.of(repository)).project
        found = await self._azure_devops.ask(
            Right.BUILDS,
            f"list the builds of repository {repository}",
            lambda sdk: sdk.build.get_builds(
                project,
                repository_id=repository,
                repository_type=TYPE,
                status_filter="completed",
                query_order="finishTimeDescending",
                top=LOOKED_AT,
            ),
        )
        newest: dict[int, CommitBuild] = {}
        for build in sorted(_of_commit(found, repository, commit), key=_ended, reverse=True):
            uri = build.uri or URI.format(id=build.id)
            made = CommitBuild(project, build.id, uri, build.definition.id)
            newest.setdefault(made.pipeline, made)
        return list(newest.values())


def _ended(build: Any) -> tuple[float, int]:
    return build.finish_time.timestamp() if build.finish_time else 0.0, int(build.id)


def _of_commit(found: Any, repository: str, commit: str) -> Iterator[Any]:
    """A build that does not say of which commit and repository it is does not count."""
    for build in found:
        is_of_commit = (build.source_version or "").lower() == commit
        place = build.repository and build.repository.id
        is_ended = str(build.status).lower() == "completed" and build.definition is not None
        is_here = bool(place) and canonical_id(place) == canonical_id(repository)
        has_result = str(build.result or "").lower() in COUNTS
        if is_of_commit and is_ended and is_here and has_result:
            yield build
