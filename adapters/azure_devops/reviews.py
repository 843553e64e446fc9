"""The reviews of Azure DevOps: statuses, threads, test results, and who opened pull requests."""

from collections.abc import Collection, Sequence

from adapters.azure_devops.builds import Builds
from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.comments import Comments
from adapters.azure_devops.not_there import about
from adapters.azure_devops.own_identity import OwnIdentity
from adapters.azure_devops.pipeline_tests import PipelineTests
from adapters.azure_devops.pull_requests import PullRequests
from adapters.azure_devops.remarks import Remarks
from adapters.azure_devops.statuses import Statuses
from adapters.azure_devops.test_runs import TestRuns
from core.ports import BringingPullRequest, CommitStatus, Remark, SaidComment, TestsOfCommit


class AzureDevOpsReviews:
    """Implements ``core.ports.Reviews``."""

    def __init__(self, azure_devops: AzureDevOps) -> None:
        builds = Builds(azure_devops)
        pull_requests, identity = PullRequests(azure_devops), OwnIdentity(azure_devops)
        self._pull_requests = pull_requests
        self._statuses = Statuses(azure_devops, pull_requests)
        self._remarks = Remarks(azure_devops, pull_requests, identity)
        self._comments = Comments(azure_devops, identity)
        self._test_runs = TestRuns(azure_devops, builds, identity)
        self._pipeline_tests = PipelineTests(azure_devops, builds)

    async def pull_requests_of(
        self, repository: str, commits: Collection[str]
    ) -> dict[str, tuple[BringingPullRequest, ...]]:
        with about(repository) as place:
            return await self._pull_requests.bringing(place, commits)

    async def show_status(self, repository: str, commit: str, status: CommitStatus) -> None:
        with about(repository, commit) as place:
            await self._statuses.show(place, commit, status)

    async def show_remarks(
        self, repository: str, commit: str, remarks: Sequence[Remark], url: str = ""
    ) -> None:
        with about(repository, commit) as place:
            await self._remarks.show(place, commit, remarks, url)

    async def publish_tests(self, repository: str, commit: str, tests: TestsOfCommit) -> None:
        with about(repository, commit) as place:
            await self._test_runs.publish(place, commit, tests)

    async def test_report(self, repository: str, commit: str) -> bytes | None:
        with about(repository, commit) as place:
            return await self._pipeline_tests.report(place, commit)

    async def comment(
        self, repository: str, pull_request: int, thread: int, comment: int
    ) -> SaidComment | None:
        with about(repository) as place:
            return await self._comments.find(place, pull_request, thread, comment)

    async def answer(
        self, repository: str, pull_request: int, thread: int, comment: int, text: str
    ) -> None:
        with about(repository) as place:
            await self._comments.answer(place, pull_request, thread, comment, text)
