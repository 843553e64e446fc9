"""The pull requests of commits: the open ones that it is the head of, and who opened which."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Final

import msgspec
from azure.devops.v7_1.git.models import (  # type: ignore[import-untyped]
    GitPullRequestQuery,
    GitPullRequestQueryInput,
    GitPullRequestSearchCriteria,
)

from adapters.azure_devops.accounts import account_of
from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import NotThereError
from adapters.azure_devops.not_there import refuse_gone
from adapters.azure_devops.rights import Right
from adapters.azure_devops.sdk import Sdk
from adapters.git.command import commit_id
from core.ports import BringingPullRequest

PAGE: Final = 100
MOST_PAGES: Final = 20
AT_ONCE: Final = 100  # commits of one question
# The first finds what a pull request made of its commits, also by a squash; the second each commit
# that was in one, as it was pushed.
KINDS: Final = ("lastMergeCommit", "commit")


class OpenPullRequest(msgspec.Struct, frozen=True):
    """``iteration`` counts the pushes to its source; nothing newer was pushed when it was read."""

    repository: str
    number: int
    iteration: int

    @property
    def name(self) -> str:
        return f"pull request {self.number} of repository {self.repository}"


class PullRequests:
    def __init__(self, azure_devops: AzureDevOps) -> None:
        self._azure_devops = azure_devops

    async def open_at(self, repository: str, commit: str) -> list[OpenPullRequest]:
        """Return those whose newest commit it is; what was pushed since has a release too."""
        found = []
        for number in await self._numbers(repository, commit):
            iteration = await self._iteration(repository, number, commit)
            if iteration:
                found.append(OpenPullRequest(repository, number, iteration))
        return found

    async def _numbers(self, repository: str, commit: str) -> list[int]:
        what = f"list the open pull requests of repository {repository}"
        criteria = GitPullRequestSearchCriteria(status="active")
        found: list[int] = []
        for page in range(MOST_PAGES):

            def call(sdk: Sdk, skip: int = page * PAGE) -> Any:
                return sdk.git.get_pull_requests(repository, criteria, skip=skip, top=PAGE)

            listed = await self._azure_devops.ask(Right.CODE, what, call)
            found += [each.pull_request_id for each in listed if _head(each) == commit]
            if len(listed) < PAGE:
                break
        return found

    async def _iteration(self, repository: str, number: int, commit: str) -> int:
        """Return 0 where a newer push came between, or the pull request went away."""
        try:
            iterations = await self._azure_devops.ask(
                Right.CODE,
                f"read the pushes of pull request {number} of repository {repository}",
                lambda sdk: sdk.git.get_pull_request_iterations(repository, number),
            )
        except NotThereError:
            return 0
        newest = max(iterations, key=lambda each: int(each.id), default=None)
        head = newest and newest.source_ref_commit
        return newest.id if newest and head and str(head.commit_id).lower() == commit else 0

    async def bringing(
        self, repository: str, commits: Collection[str]
    ) -> dict[str, tuple[BringingPullRequest, ...]]:
        """Raise CommitGoneError for a commit that is not there: of that nobody can say anything."""
        seen: defaultdict[str, dict[BringingPullRequest, None]] = defaultdict(dict)
        for some in _batches(commits):
            await refuse_gone(self._azure_devops, repository, some)
            for commit, pull_request in await self._asked(repository, some):
                seen[commit][_bringing(pull_request)] = None
        return {commit: tuple(found) for commit, found in seen.items()}

    async def _asked(self, repository: str, commits: list[str]) -> list[tuple[str, Any]]:
        queries = [GitPullRequestQueryInput(items=commits, type=kind) for kind in KINDS]

        def call(sdk: Sdk) -> Any:
            return sdk.git.get_pull_request_query(GitPullRequestQuery(queries=queries), repository)

        what = f"ask which pull requests brought commits of repository {repository}"
        answer = await self._azure_devops.ask(Right.CODE, what, call)
        return [
            (commit.lower(), pull_request)
            for found in answer.results or ()
            for commit, several in found.items()
            for pull_request in several
        ]


def _head(pull_request: Any) -> str:
    return _id(pull_request.last_merge_source_commit)


def _id(commit: Any) -> str:
    return str(commit.commit_id).lower() if commit else ""


def _bringing(pull_request: Any) -> BringingPullRequest:
    return BringingPullRequest(
        creator=account_of(pull_request.created_by).name,
        source=_head(pull_request),
        landed=_id(pull_request.last_merge_commit),
    )


def _batches(commits: Collection[str]) -> Iterator[list[str]]:
    left = iter(dict.fromkeys(map(commit_id, commits)))
    while some := list(islice(left, AT_ONCE)):
        yield some
