"""The reviews of one machine: statuses and test reports are git notes at their commits."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final

from adapters.bare_repositories.host import Repositories
from adapters.git.command import TIME_LIMIT_S, commit_id
from core.ports import BringingPullRequest, CommitStatus, Remark, SaidComment, TestsOfCommit

STATUS: Final = "--ref=refs/notes/sluss"
JUNIT: Final = "--ref=refs/notes/junit"


class BareReviews:
    """Implements ``core.ports.Reviews``; ``find`` is that of ``Repositories``."""

    def __init__(
        self, find: Callable[[str], Path | None], *, time_limit_s: float = TIME_LIMIT_S
    ) -> None:
        self._repositories = Repositories(find, time_limit_s=time_limit_s)
        # git notes rewrites the whole notes tree: of two notes written at once, one would be lost
        self._writing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def pull_requests_of(
        self, repository: str, commits: Collection[str]
    ) -> dict[str, tuple[BringingPullRequest, ...]]:
        """Return none: a bare repository has no pull requests, and a push names its pusher."""
        git = self._repositories.git(repository)
        if missing := await git.missing(commits):
            await git.raise_if_gone(*missing)
        return {}

    async def show_status(self, repository: str, commit: str, status: CommitStatus) -> None:
        """Write a note, which ``git --git-dir=<repository> log --notes=sluss`` shows."""
        git = self._repositories.git(repository)
        lines = (f"{status.state}: {status.text}", status.url)
        note = "".join(f"{line}\n" for line in lines if line).encode()
        async with self._writing[repository]:
            await git.raise_if_gone(commit)  # git notes accepts an id that no object has
            await git.ask(
                *(commit, "notes", STATUS, "add", "--force", "--file=-", commit_id(commit)),
                stdin=note,
            )

    async def show_remarks(
        self, repository: str, commit: str, remarks: Sequence[Remark], url: str = ""
    ) -> None:
        """Do nothing: there are no pull requests, and the card and the pages have the findings."""

    async def publish_tests(self, repository: str, commit: str, tests: TestsOfCommit) -> None:
        """Do nothing: the report is kept as evidence, and the page of the release shows it."""

    async def test_report(self, repository: str, commit: str) -> bytes | None:
        """Read the note that a pipeline adds by ``git notes --ref=junit add -F FILE COMMIT``."""
        git = self._repositories.git(repository)
        await git.raise_if_gone(commit)
        code, output = await git.attempt("notes", JUNIT, "show", commit_id(commit))
        return output if code == 0 else None

    async def comment(
        self, repository: str, pull_request: int, thread: int, comment: int
    ) -> SaidComment | None:
        """Return none: where there are no pull requests nobody has commented on one."""

    async def answer(
        self, repository: str, pull_request: int, thread: int, comment: int, text: str
    ) -> None:
        """Do nothing: there is no thread to answer in."""
