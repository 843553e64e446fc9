"""Where the project of a repository is, and what it does not show us of its Library."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import NotThereError, SignedOutError
from adapters.azure_devops.fresh import Fresh
from adapters.azure_devops.places import RepositoryPlaces
from adapters.azure_devops.rights import Right
from core.errors import StepFailedError

T = TypeVar("T")

MOST: Final = 30  # projects in which a group is looked for that is not in its own
LIST: Final = "list the projects"
IS_IN: Final = "list the repositories of {project}"
NO_SCOPE: Final = (
    "The token of Sluss lacks a scope, so that nobody could {what}. It was not done. Make a token "
    "that has the scope {scope}, too, keep it as the secret azure_devops_token, and start Sluss "
    "again."
)


class ProjectPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A project by its id; ``url`` is where its pages begin."""

    id: str
    name: str
    url: str

    def page(self, path: str) -> str:
        return f"{self.url}/{path}"


class Projects:
    """Finds the project of a repository, whose name may change at any time."""

    def __init__(self, azure: AzureDevOps, clock: Callable[[], datetime]) -> None:
        self._azure = azure
        self._places = RepositoryPlaces(azure)
        self._found = Fresh(self._find, clock)
        self._shown = Fresh(self._list, clock)

    async def of(self, repository: str, since: datetime) -> ProjectPlace:
        """Raise as ``RepositoryPlaces.again`` does."""
        return await self._found.get(repository, since)

    async def others(self, project: ProjectPlace, since: datetime) -> list[ProjectPlace]:
        """Other projects of the organisation, some at most; none where they are not shown to us."""
        found = await self._shown.get("", since)
        return [each for each in found if each.id != project.id][:MOST]

    def named(self, project: str) -> ProjectPlace:
        """The project that people name so, whether or not there is one."""
        return self._place(project, project)

    async def _list(self, _key: str) -> list[ProjectPlace]:
        try:
            found = await self._azure.ask(
                Right.PROJECTS, LIST, lambda sdk: list(sdk.core.get_projects(top=MOST + 1))
            )
        except (StepFailedError, NotThereError):
            return []
        return [self._place(str(each.id), str(each.name)) for each in found]

    def _place(self, project: str, name: str) -> ProjectPlace:
        url = f"{self._azure.address}/{quote(name, safe='')}"
        return ProjectPlace(id=project, name=name, url=url)

    async def _find(self, repository: str) -> ProjectPlace:
        found = await self._places.again(repository)
        return self._place(found.project, found.project_name)


async def shown(
    azure: AzureDevOps, project: ProjectPlace, scope: str, what: str, ask: Awaitable[T]
) -> T | str:
    """Return what was asked for, or why it is not shown to us, in words.

    A token without the scope of a call is refused as one that has expired is; it has not, if the
    project's repositories are still shown. Raise UnavailableError for all that passes by itself.
    """
    try:
        return await ask
    except SignedOutError:
        listing = IS_IN.format(project=project.name)
        await azure.ask(Right.CODE, listing, lambda sdk: sdk.git.get_repositories(project.id))
        return NO_SCOPE.format(what=what, scope=scope)
    except (StepFailedError, NotThereError) as error:
        return str(error)
