"""A repository of an organisation, commits made with plain git, and our git host for it."""

import asyncio
import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.git_host import FOLDER, AzureGitHost
from adapters.git.command import git_path
from adapters.git.fetch import Fetch
from adapters.git.kept_clones import DEFAULT_BOUNDS, CloneBounds, KeptClones
from adapters.git.tree import DEFAULT_LIMITS, TreeLimits
from tests.adapters.bare_repositories.bare_world import WorkTree
from tests.peers.azure_devops import AzureDevOpsPeer, Project, Repository, person

ROOT = Path(__file__).parents[3]
ANNA = person("Anna Berg", "anna.berg@bank.example")
LOOK_S = 0.01


class AzureWorld(WorkTree):
    """``by`` is who pushes what ``commit`` makes."""

    def __init__(self, devops: AzureDevOpsPeer, folder: Path) -> None:
        self.devops = devops
        self.project = devops.project("lending & more")
        self.hosted: Repository = self.project.repository("churn models")
        super().__init__(self.hosted.path, folder / "work")
        self.repository = self.hosted.id
        self.known: Collection[str] = [self.repository]
        self.by = devops.join(ANNA)
        self.home = folder / "home"
        self._clients: list[AzureDevOps] = []
        self.host = self.opened()

    def opened(
        self,
        *,
        limits: TreeLimits = DEFAULT_LIMITS,
        limit_s: float = 60.0,
        git: str = "",
        address: str = "",
        bounds: CloneBounds = DEFAULT_BOUNDS,
    ) -> AzureGitHost:
        """Open the git host as the next start would, on the same clones."""
        settings = AzureDevOpsSettings(
            address=address or self.devops.address, token=self.devops.token
        )
        fetch = Fetch(git=git or git_path(), limit_s=limit_s)
        clones = KeptClones(self.home / FOLDER, fetch, bounds)
        self._clients.append(AzureDevOps(settings))
        return AzureGitHost(self._clients[-1], clones, lambda: self.known, limits=limits)

    def opened_on_nothing(self) -> AzureGitHost:
        """Open the git host of another machine, which has no clones yet."""
        self.home = self.home.with_name("another_home")
        return self.opened()

    async def close(self) -> None:
        for client in self._clients:
            await client.close()

    @property
    def clone(self) -> Path:
        return self.home / FOLDER / f"{self.repository}.git"

    def push(self) -> str:
        with self.devops.lock:
            before = self.hosted.git.refs()
            commit = super().push()
            self.hosted.record(self.by, before)
        return commit

    def move_to(self, project: Project) -> None:
        with self.devops.lock:
            self.project.repositories.remove(self.hosted)
            project.repositories.append(self.hosted)
            self.hosted.project = self.project = project

    def fetches(self) -> int:
        """How often git has asked for objects."""
        return len(self.devops.calls.to("POST", "git-upload-pack$"))

    async def read_elsewhere(self, commit: str) -> asyncio.subprocess.Process:
        """Read the commit's files in a process of its own."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.adapters.azure_devops.read_files"),
            *(self.devops.address, str(self.home), self.repository, commit),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TOKEN": self.devops.token},
            stdout=asyncio.subprocess.PIPE,
        )


async def until(is_so: Callable[[], bool]) -> None:
    """Look again until it is so; the limit of the test ends it."""
    while not is_so():  # noqa: ASYNC110 - nothing tells us
        await asyncio.sleep(LOOK_S)
