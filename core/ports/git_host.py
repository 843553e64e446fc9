"""The git host port: commits, their files and authors, and GBI's variable groups."""

from enum import StrEnum
from typing import Protocol

from core.gate.checks import ModelRepo
from core.gate.facts import PastFile
from core.results import Commit
from core.words import Stage


class CommitState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class GitHost(Protocol):
    """``repository`` is the host's id, as in platform.yml."""

    async def files(self, repository: str, commit: str) -> ModelRepo:
        """Every file of the commit. Raise CommitGoneError; links are listed, never followed."""

    async def commits(self, repository: str, commit: str, since: str = "") -> tuple[Commit, ...]:
        """Newest first: what ``commit`` has and ``since`` has not (all of them without it)."""

    async def changed_files(self, repository: str, commit: str, since: str) -> tuple[str, ...]: ...

    async def past_files(
        self, repository: str, commit: str, since: str, limit: int
    ) -> tuple[PastFile, ...]:
        """What the commits after ``since`` brought and ``commit`` no longer has, oldest first.

        Each content once, at the commit that brought it first; of more than ``limit`` the newest.
        Without ``since`` the whole history. Links are left out.
        """

    async def pull_request_creators(self, repository: str, commit: str) -> tuple[str, ...]:
        """Who opened the pull requests that brought this commit; host ids or e-mail addresses."""

    async def test_report(self, repository: str, commit: str) -> bytes | None:
        """The JUnit report of the repository's own pipeline for this commit; None without one."""

    async def report(
        self, repository: str, commit: str, state: CommitState, text: str, url: str
    ) -> None:
        """Show the gate's state at the commit; the newest report replaces the one before.

        ``url`` is "" where there is no page to look at.
        """

    async def variables(self, stage: Stage) -> dict[str, str] | None:
        """GBI's variable groups for a stage; None when this host has none."""
