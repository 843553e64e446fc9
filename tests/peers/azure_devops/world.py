"""The organisation behind the addresses: projects, repositories, people, and its clock."""

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from tests.peers.azure_devops.access import Access
from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.identities import Identity, service_principal
from tests.peers.azure_devops.pull_requests import PullRequest
from tests.peers.azure_devops.repositories import Repository

SLUSS = service_principal("sluss", "5b1ff1ab-2f9b-4a5c-9d3e-0b1f0c9a7e11")
TOKEN = "token-of-sluss"
COLLECTION_ID = "c12d0eb8-e382-443b-9f9c-c52cba5014c2"
ACCOUNT_ID = "f844ec47-a9db-4511-8281-8b63f4eaf94e"


class Project:
    """A team project; a rename keeps its id."""

    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.name = name
        self.id = str(uuid4())
        self.repositories: list[Repository] = []

    def rename(self, name: str) -> None:
        self.name = name

    def repository(self, name: str, *, default_branch: str = "main") -> Repository:
        """Make an empty one."""
        path = self.world.root / f"{uuid4()}.git"
        made = Repository(self, name, path, default_branch)
        self.repositories.append(made)
        self.world.tell(Happening("git.repo.created", made, SLUSS))
        return made

    def delete(self, repository: Repository) -> None:
        self.repositories.remove(repository)
        self.world.tell(Happening("git.repo.deleted", repository, SLUSS))


class World:
    """All that an organisation holds. Whatever changes it holds ``lock``: tests and requests meet here."""

    def __init__(self, root: Path, organisation: str) -> None:
        self.root = root
        self.organisation = organisation
        self.lock = threading.RLock()
        self.offset = timedelta()  # how far the clock of the organisation is off
        self.latest_version = 7.2  # of the API; a server on premises has an older one
        self.projects: list[Project] = []
        self.identities: list[Identity] = []
        self.listeners: list[Callable[[Happening], None]] = []
        self.access = Access(self.now)
        self.token = TOKEN
        self._push_ids = itertools.count(1)
        self._pull_request_ids = itertools.count(1)
        self._other_ids = itertools.count(1)
        self.join(SLUSS, token=TOKEN)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def project(self, name: str) -> Project:
        made = Project(self, name)
        self.projects.append(made)
        return made

    def join(self, identity: Identity, *, token: str | None = None) -> Identity:
        """Take somebody in who may do everything, until something is denied."""
        if identity not in self.identities:
            self.identities.append(identity)
            self.access.allow(identity)
        if token is not None:
            self.access.issue(token, identity)
        return identity

    def repositories(self) -> Iterator[Repository]:
        for project in self.projects:
            yield from project.repositories

    def pull_requests(self) -> Iterator[PullRequest]:
        for repository in self.repositories():
            yield from repository.pull_requests

    def tell(self, happening: Happening) -> None:
        for listener in list(self.listeners):
            listener(happening)

    def next_push_id(self) -> int:
        return next(self._push_ids)

    def next_pull_request_id(self) -> int:
        return next(self._pull_request_ids)

    def next_id(self) -> int:
        """For whatever else is numbered."""
        return next(self._other_ids)
