"""Routes of the REST API as Azure DevOps describes them: by location, found without regard to case.

A part of the peer is a module with a ``Routes`` of its own::

    THREADS = Location("ab6e2e5d-...", "git", "pullRequestThreads",
                       "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/threads/{threadId}")
    routes = Routes()

    @routes.on("GET", THREADS, right=Right.CODE_READ)               # without {threadId}: the list
    @routes.on("GET", THREADS, "threadId", right=Right.CODE_READ)   # with it: the one
    @routes.on("POST", THREADS, right=Right.PULL_REQUESTS)

and one line in ``parts.py``. A handler takes a ``Call`` and returns what is JSON: a list is wrapped as
``{"count", "value"}``, None is 204. It may return an aiohttp response, and raises ``RefusedError``.
Handlers run one at a time in a thread, under the lock of the world.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.peers.azure_devops import refusals
from tests.peers.azure_devops.access import Credential, Right
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.pull_requests import PullRequest
from tests.peers.azure_devops.repositories import Repository
from tests.peers.azure_devops.world import Project, World

PLACEHOLDER = re.compile(r"^\{\*?(\w+)\}$")
READS = {"GET", "HEAD", "OPTIONS"}
DEFAULT_TOP = 100


@dataclass(frozen=True)
class Location:
    """A resource of the API as ``OPTIONS _apis`` lists it; ids and versions are those of the SDK."""

    id: str
    area: str
    resource: str
    template: str
    version: int = 1
    released: str = "7.1"  # "0.0" for a resource that was never more than a preview
    is_across_projects: bool = False  # {project} may be left out

    def describe(self, latest: float) -> dict[str, Any]:
        return {
            "id": self.id,
            "area": self.area,
            "resourceName": self.resource,
            "routeTemplate": self.template,
            "resourceVersion": self.version,
            "minVersion": "1.0",
            "maxVersion": str(latest),
            "releasedVersion": str(min(latest, float(self.released))),
        }


@dataclass(frozen=True)
class Route:
    method: str
    location: Location
    pattern: re.Pattern[str]
    handler: Callable[["Call"], Any]
    right: Right | None
    is_write: bool


class Routes:
    """What one part of the peer answers to."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def on(
        self,
        method: str,
        location: Location,
        *tail: str,
        right: Right | None,
        is_write: bool | None = None,
    ) -> Callable[[Callable[["Call"], Any]], Callable[["Call"], Any]]:
        """Answer at the location; ``tail`` names those of its last placeholders that must be given.

        The right is asked for at the call's repository and project; None asks for none. A POST that only
        reads says ``is_write=False``, for the counts of ``Calls``.
        """

        def registered(handler: Callable[["Call"], Any]) -> Callable[["Call"], Any]:
            writes = method not in READS if is_write is None else is_write
            pattern = _pattern(location, tail)
            self.all.append(Route(method, location, pattern, handler, right, writes))
            return handler

        return registered


@dataclass
class Call:
    """One request to one route."""

    request: web.Request
    world: World
    base: str  # the address of the organisation as the client wrote it
    credential: Credential
    values: dict[str, str]
    content: bytes = b""
    query: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.query = {name.lower(): value for name, value in self.request.query.items()}

    @property
    def identity(self) -> Identity:
        return self.credential.identity

    @property
    def body(self) -> Any:
        return json.loads(self.content or b"null")

    @property
    def project(self) -> Project | None:
        name = self.values.get("project")
        return None if name is None else find_project(self.world, name)

    @property
    def repository(self) -> Repository:
        name = self.values["repositoryId"]
        found = find_repository(self.world, name, self.project)
        if found.is_disabled:
            raise refusals.no_repository(name)
        return found

    @property
    def pull_request(self) -> PullRequest:
        number = int(self.values["pullRequestId"])
        places = [self.repository] if "repositoryId" in self.values else self.world.repositories()
        for repository in places:
            found = repository.pull_requests.get(number)
            if found is not None:
                return found
        raise refusals.no_pull_request(number)

    def text(self, name: str, default: str = "") -> str:
        return self.query.get(name.lower(), default)

    def number(self, name: str, default: int = 0) -> int:
        given = self.text(name)
        if not given:
            return default
        if not given.lstrip("-").isdigit():
            raise refusals.invalid(f"The value '{given}' is not valid for {name}.")
        return int(given)

    def date(self, name: str) -> datetime | None:
        """Without a zone it is UTC. A "+" that nobody encoded is a space, and refused."""
        given = self.text(name)
        try:
            date = datetime.fromisoformat(given) if given else None
        except ValueError:
            raise refusals.invalid(f"The value '{given}' is not valid for {name}.") from None
        return date if date is None or date.tzinfo else date.replace(tzinfo=UTC)

    def flag(self, name: str) -> bool:
        return self.text(name).lower() == "true"

    def page(self, items: list[Any], top: str = "$top", skip: str = "$skip") -> list[Any]:
        start = self.number(skip)
        return items[start : start + self.number(top, DEFAULT_TOP)]

    def require(self, right: Right) -> None:
        """Ask for the right at the nearest place that this call names."""
        self.world.access.require(self.credential, right, *self._places())

    def may(self, right: Right, *places: str) -> bool:
        return self.world.access.may(self.identity, right, *places)

    def _places(self) -> list[str]:
        if "repositoryId" in self.values:
            repository = find_repository(self.world, self.values["repositoryId"], self.project)
            return [repository.id, repository.project.id]
        return [] if self.project is None else [self.project.id]


def find_project(world: World, name: str) -> Project:
    for project in world.projects:
        if name.lower() in (project.id, project.name.lower()):
            return project
    raise refusals.no_project(name)


def find_repository(world: World, name: str, project: Project | None) -> Repository:
    """By id anywhere; by name only within a project."""
    places = world.repositories() if project is None else project.repositories
    for repository in places:
        by_name = project is not None and name.lower() == repository.name.lower()
        if by_name or name.lower() == repository.id:
            return repository
    raise refusals.no_repository(name)


def _pattern(location: Location, tail: tuple[str, ...]) -> re.Pattern[str]:
    named = {"area": location.area, "resource": location.resource}
    segments = [_fill(segment, named) for segment in location.template.split("/")]
    while (found := PLACEHOLDER.match(segments[-1])) and found[1] not in tail:
        segments.pop()
    pattern = "/".join(_segment(segment) for segment in segments)
    if location.is_across_projects:
        pattern = pattern.replace("(?P<project>[^/]+)/", "(?:(?P<project>[^/]+)/)?", 1)
    return re.compile(pattern, re.IGNORECASE)


def _fill(segment: str, named: dict[str, str]) -> str:
    found = PLACEHOLDER.match(segment)
    return named.get(found[1], segment) if found else segment


def _segment(segment: str) -> str:
    found = PLACEHOLDER.match(segment)
    if found is None:
        return re.escape(segment)
    return f"(?P<{found[1]}>.+)" if segment.startswith("{*") else f"(?P<{found[1]}>[^/]+)"
