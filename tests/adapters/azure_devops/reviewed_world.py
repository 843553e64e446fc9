"""A repository of the peer of Azure DevOps, its pull requests, and the reviews that we write there."""

from collections.abc import Mapping

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.reviews import AzureDevOpsReviews
from core.ports import Remark
from tests.peers.azure_devops import AzureDevOpsPeer, PullRequest, person
from tests.peers.azure_devops.builds import built
from tests.peers.azure_devops.statuses import Status, pull_request_statuses, statuses_of
from tests.peers.azure_devops.test_runs import ran
from tests.peers.azure_devops.threads import Thread, threads_of
from workers.gate.tool_reports import read_junit

ANNA = person("Anna Berg", "anna.berg@bank.example")
BEN = person("Ben Moe", "ben.moe@bank.example")
BEGINNING = {"src/train.py": "one\ntwo\nthree\n", "README.md": "Read me.\n"}


class AzureReviewed:
    """``commit`` pushes to main, ``push`` to the branch of the pull request that ``opened`` made."""

    def __init__(self, devops: AzureDevOpsPeer) -> None:
        self.devops = devops
        self.churn = devops.project("lending").repository("churn")
        self.repository = self.churn.id
        self.anna, self.ben = devops.join(ANNA), devops.join(BEN)
        self._clients: list[AzureDevOps] = []
        self.reviews = self.another()

    def another(self) -> AzureDevOpsReviews:
        """Reviews as another process has them."""
        settings = AzureDevOpsSettings(address=self.devops.address, token=self.devops.token)
        self._clients.append(AzureDevOps(settings))
        return AzureDevOpsReviews(self._clients[-1])

    async def close(self) -> None:
        for client in self._clients:
            await client.close()

    def commit(self, files: Mapping[str, bytes | None], branch: str = "main") -> str:
        pushed = self.churn.push(by=self.anna, files=files, branch=branch)
        return pushed.ref_updates[0].new

    def opened(self, files: Mapping[str, str | None] | None = None) -> tuple[PullRequest, str]:
        """A pull request that changes src/train.py, unless other files are named; and its head."""
        if self.churn.head() is None:
            self.commit(BEGINNING)
        head = self.push(files or {"src/train.py": "one\n2\nthree\nfour\n"})
        return self.churn.pull_requests.create("change", by=self.anna, title="Better"), head

    def push(self, files: Mapping[str, str | None]) -> str:
        return self.commit(files, branch="change")

    def leave_test_report(self, commit: str, junit: bytes) -> None:
        """As the task PublishTestResults does: each test of the report is a result of a run."""
        results = [
            {
                "testCaseTitle": test.name,
                "automatedTestName": f"{test.module}.{test.name}",
                "outcome": "Failed" if test.has_failed else "Passed",
                "errorMessage": test.message,
            }
            for test in read_junit(junit).cases
        ]
        ran(built(self.churn, commit), results, by=self.anna)

    def seen(self, commit: str) -> str:
        found = statuses_of(self.churn, commit)
        return _words(found[-1]) if found else ""

    def seen_at(self, pull_request: PullRequest) -> str:
        found = pull_request_statuses(pull_request)
        return _words(found[-1]) if found else ""

    async def show(self, commit: str, *remarks: Remark, url: str = "") -> int:
        """Return how many writes it took."""
        mark = self.devops.calls.mark()
        await self.reviews.show_remarks(self.repository, commit, remarks, url)
        return self.devops.calls.since(mark).writes


def _words(status: Status) -> str:
    return f"{status.genre}/{status.name} {status.state}: {status.description}\n{status.url}"


def said(pull_request: PullRequest) -> list[tuple[str, str]]:
    """The threads as people see them: their status, and their words without our marker."""
    return [(thread.status, words(thread)) for thread in threads_of(pull_request)]


def words(thread: Thread) -> str:
    return thread.text.partition("\n\n<!-- sluss:")[0]
