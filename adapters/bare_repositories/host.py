"""The git host of one machine: a folder of bare git repositories, read by the git command."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from adapters.bare_repositories.install_hook import pushers
from adapters.git.command import TIME_LIMIT_S, GitCommand, git_path
from adapters.git.commit_reader import CommitReader, with_pushers
from adapters.git.tree import DEFAULT_LIMITS, TreeLimits
from core.errors import UnknownNameError
from core.gate.checks import ModelRepo
from core.gate.facts import PastFile
from core.results import Commit, Written


class Repositories:
    """The repositories of platform.yml. ``find`` gives the folder of one, or None.

    It is asked each time, as platform.yml may grow.
    """

    def __init__(
        self,
        find: Callable[[str], Path | None],
        *,
        git: str = "",
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._find = find
        self._git = git or git_path()
        self._time_limit_s = time_limit_s

    def git(self, repository: str) -> GitCommand:
        folder = self._find(repository)
        if folder is None:
            raise UnknownNameError("repository", repository)
        return GitCommand(folder, git=self._git, time_limit_s=self._time_limit_s)


class BareRepositories:
    """Implements ``core.ports.GitHost``; ``find`` is that of ``Repositories``."""

    def __init__(
        self,
        find: Callable[[str], Path | None],
        *,
        limits: TreeLimits = DEFAULT_LIMITS,
        git: str = "",
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._repositories = Repositories(find, git=git, time_limit_s=time_limit_s)
        self._limits = limits

    async def files(self, repository: str, commit: str) -> ModelRepo:
        return await self._reader(repository).files(commit)

    async def commits(
        self, repository: str, commit: str, since: str = "", *, limit: int = 0
    ) -> tuple[Commit, ...]:
        git = self._repositories.git(repository)
        found = await CommitReader(git, self._limits).commits(commit, since, limit=limit)
        return with_pushers(found, await asyncio.to_thread(pushers, git.folder))

    async def who_wrote(self, repository: str, commit: str, path: str, text: str) -> Written | None:
        return await self._reader(repository).who_wrote(commit, path, text)

    async def changed_files(self, repository: str, commit: str, since: str) -> tuple[str, ...]:
        return await self._reader(repository).changed_files(commit, since)

    async def past_files(
        self, repository: str, commit: str, since: str, limit: int
    ) -> tuple[PastFile, ...]:
        return await self._reader(repository).past_files(commit, since, limit)

    def _reader(self, repository: str) -> CommitReader:
        return CommitReader(self._repositories.git(repository), self._limits)
