"""The reviews port: what people and pipelines say of a commit, and what we say there."""

from collections.abc import Collection
from enum import StrEnum
from typing import Protocol

import msgspec


class CommitState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class CommitStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's word at a commit; ``url`` leads to the rest of it, "" where there is no page."""

    state: CommitState
    text: str
    url: str = ""


class Reviews(Protocol):
    """``repository`` is the host's id, as in platform.yml.

    Each method raises CommitGoneError for a commit that is not there, or is no commit's id.
    """

    async def pull_request_creators(
        self, repository: str, commits: Collection[str]
    ) -> dict[str, tuple[str, ...]]:
        """These people opened the pull requests that brought a commit, by source or by merge.

        They are named as the host names them: by its ids, or by e-mail addresses. A commit that no
        pull request brought is left out.
        """

    async def show_status(self, repository: str, commit: str, status: CommitStatus) -> None:
        """Show it at the commit, and where the host has them at its open pull requests.

        The newest status replaces the one before, so that it may be shown twice.
        """

    async def test_report(self, repository: str, commit: str) -> bytes | None:
        """The repository's own pipeline left this JUnit report for the commit; None without one."""
