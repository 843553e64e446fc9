"""Where a repository is: found by its id, as its name and that of its project may change."""

from typing import Any, Final
from urllib.parse import quote

import msgspec

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import NotThereError
from adapters.azure_devops.rights import Right
from core.errors import StepFailedError

FIND: Final = "find the repository {id}"
DISABLED: Final = (
    "The repository {name} is disabled in Azure DevOps, so that nothing of it can be read. Nothing "
    "was run; enable it (Project settings, Repositories), then try again."
)


class RepositoryPlace(msgspec.Struct, frozen=True, kw_only=True):
    """``name`` is how people know it, as ``lending/churn``; ``project`` is the id of its project.

    ``path`` is where git finds it below our own address: there the token goes, and nowhere else.
    What Azure DevOps says of its address may name another host of it, or a login.
    """

    name: str
    project: str
    path: tuple[str, ...]

    def url(self, address: str) -> str:
        return "/".join((address, *(quote(part, safe="") for part in self.path)))

    @property
    def project_name(self) -> str:
        """No name of a project or repository has a slash in it."""
        return self.name.partition("/")[0]


class RepositoryPlaces:
    """Finds a repository once, and again when it is not there any more."""

    def __init__(self, azure: AzureDevOps) -> None:
        self._azure = azure
        self._known: dict[str, RepositoryPlace] = {}

    async def of(self, repository: str) -> RepositoryPlace:
        """Return where it is, or was when it was last looked for."""
        known = self._known.get(repository)
        return known if known is not None else await self.again(repository)

    async def again(self, repository: str) -> RepositoryPlace:
        """Raise NotThereError for one that is deleted or that we may not see, and say which right.

        Raise StepFailedError for one that is disabled.
        """
        self._known.pop(repository, None)
        what = FIND.format(id=repository)
        try:
            found = await self._azure.ask(
                Right.CODE, what, lambda sdk: sdk.git.get_repository(repository)
            )
        except NotThereError:
            # A disabled one is found in the list alone.
            every = await self._azure.ask(Right.CODE, what, lambda sdk: sdk.git.get_repositories())
            listed = (each for each in every if str(each.id).casefold() == repository)
            found = next(listed, None)
            if found is None:
                raise
        place = _place(found)
        if found.is_disabled:
            raise StepFailedError(DISABLED.format(name=place.name))
        self._known[repository] = place
        return place


def _place(found: Any) -> RepositoryPlace:
    project, name = found.project.name, found.name
    path = (project, "_git", name)
    return RepositoryPlace(name=f"{project}/{name}", project=str(found.project.id), path=path)
