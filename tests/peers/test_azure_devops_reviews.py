"""The peer's threads, statuses and test runs refuse what Azure DevOps refuses, to the real SDK."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from adapters.azure_devops import AzureDevOpsSettings, Right
from adapters.azure_devops.errors import Purpose, RightMissingError
from adapters.azure_devops.pace import CallPace
from adapters.azure_devops.sdk import Sdk
from adapters.azure_devops.sign_in import SignIn
from core.errors import StepFailedError
from tests.peers.azure_devops import AzureDevOpsPeer, person
from tests.peers.azure_devops.threads import open_thread, threads_of

# After the module that gives the SDK a folder for its cache, which it makes on import.
from azure.devops.v7_1.git.models import (  # isort: skip
    Comment,
    CommentPosition,
    CommentThreadContext,
    GitPullRequestCommentThread,
    GitPullRequestStatus,
    GitStatus,
    GitStatusContext,
)
from azure.devops.v7_1.test import models  # isort: skip

BEN = person("Ben Moe", "ben.moe@bank.example")
RESULT = models.TestCaseResult(test_case_title="test_a", outcome="Passed")


class Opened:
    """A pull request of the peer, and the SDK's clients with our transport, which closes what it opens."""

    def __init__(self, devops: AzureDevOpsPeer) -> None:
        self.devops = devops
        self.ben = devops.join(BEN)
        self.project = devops.project("lending")
        churn = self.project.repository("churn")
        churn.push(by=self.ben, files={"a.py": "one\n"})
        self.head = churn.push(by=self.ben, files={"a.py": "two\n"}, branch="b").ref_updates[0].new
        self.pull_request = churn.pull_requests.create("b", by=self.ben)
        self.place = churn.id, self.pull_request.number
        settings = AzureDevOpsSettings(address=devops.address, token=devops.token)
        self.sdk = Sdk(settings, SignIn(settings, None), CallPace(CollectorRegistry()))
        self.sdk.wants(Purpose(Right.CODE, "try it"))
        self.git, self.test = self.sdk.git, self.sdk.test

    def thread(self, **more):
        said = [Comment(content="Mend it.", comment_type="text")]
        thread = GitPullRequestCommentThread(**{"comments": said, "status": "active", **more})
        return self.git.create_thread(thread, *self.place)

    def run(self, **more):
        return self.test.create_test_run(
            models.RunCreateModel(
                **{"name": "pytest", "state": "InProgress", "automated": True, **more}
            ),
            self.project.id,
        )


@pytest.fixture
def opened(tmp_path):
    with AzureDevOpsPeer(tmp_path) as devops:
        made = Opened(devops)
        yield made
        made.sdk.close()


def test_a_thread_is_read_as_it_was_written(opened):
    place = CommentThreadContext(
        file_path="/a.py", right_file_start=CommentPosition(line=1, offset=1),
        right_file_end=CommentPosition(line=1, offset=1),
    )  # fmt: skip
    made = opened.thread(thread_context=place, properties={"sluss.key": "one"})

    [read] = opened.git.get_threads(*opened.place)
    assert (read.id, read.status, read.comments[0].content) == (made.id, "active", "Mend it.")
    assert read.thread_context.right_file_start.line == 1
    assert read.properties["sluss.key"]["$value"] == "one"


def position(line, offset):
    at = CommentPosition(line=line, offset=offset)
    return CommentThreadContext(file_path="/a.py", right_file_start=at, right_file_end=at)


REFUSED = {
    "no comment": {"comments": []},
    "an empty comment": {"comments": [Comment(content="  ")]},
    "a comment without end": {"comments": [Comment(content="x" * 150_001)]},
    "a status that is none": {"status": "mended"},
    "a place without a path": {"thread_context": CommentThreadContext()},
    "a line before the first": {"thread_context": position(0, 1)},
    "a letter before the first": {"thread_context": position(1, 0)},
    "half a place": {
        "thread_context": CommentThreadContext(
            file_path="/a.py", right_file_start=CommentPosition(line=1, offset=1)
        )
    },
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_thread_that_azure_devops_refuses(opened, what):
    with pytest.raises(StepFailedError):
        opened.thread(**REFUSED[what])
    assert threads_of(opened.pull_request) == []


def test_only_its_author_may_change_a_comment(opened):
    open_thread(opened.pull_request, "Mine.", by=opened.ben)

    with pytest.raises(RightMissingError):
        opened.git.update_comment(Comment(content="Yours."), *opened.place, 1, 1)


def test_a_deleted_comment_keeps_its_place_and_loses_its_words(opened):
    opened.thread()
    opened.git.delete_comment(*opened.place, 1, 1)

    [read] = opened.git.get_threads(*opened.place)
    assert (read.is_deleted, read.comments[0].is_deleted, read.comments[0].content) == (
        True,
        True,
        None,
    )
    with pytest.raises(StepFailedError):
        opened.git.update_thread(GitPullRequestCommentThread(status="fixed"), *opened.place, 1)


def status(**more):
    context = GitStatusContext(genre="sluss", name="gate")
    return {"state": "failed", "description": "2 findings", "context": context, **more}


@pytest.mark.parametrize(
    "more",
    [
        {"state": "red"},
        {"context": GitStatusContext(name="")},
        {"context": None},
        {"target_url": "/here"},
    ],
    ids=["state", "name", "context", "url"],
)
def test_a_status_that_azure_devops_refuses(opened, more):
    with pytest.raises(StepFailedError):
        opened.git.create_commit_status(GitStatus(**status(**more)), opened.head, opened.place[0])


def test_statuses_are_added_and_the_newest_of_a_context_can_be_asked_for(opened):
    for state in ("pending", "failed"):
        made = GitStatus(**status(state=state))
        opened.git.create_commit_status(made, opened.head, opened.place[0])

    every = opened.git.get_statuses(opened.head, opened.place[0])
    newest = opened.git.get_statuses(opened.head, opened.place[0], latest_only=True)
    assert [each.state for each in every] == ["failed", "pending"]
    assert [each.state for each in newest] == ["failed"]


def test_a_status_of_a_pull_request_is_of_one_of_its_pushes(opened):
    with pytest.raises(StepFailedError, match="iteration"):
        opened.git.create_pull_request_status(
            GitPullRequestStatus(**status(iteration_id=2)), *opened.place
        )


def test_a_run_takes_a_thousand_results_at_a_time_and_none_when_it_has_ended(opened):
    run = opened.run()
    opened.test.add_test_results_to_test_run([RESULT] * 1_000, opened.project.id, run.id)

    with pytest.raises(StepFailedError, match="1000"):
        opened.test.add_test_results_to_test_run([RESULT] * 1_001, opened.project.id, run.id)
    opened.test.update_test_run(models.RunUpdateModel(state="Completed"), opened.project.id, run.id)
    with pytest.raises(StepFailedError, match="completed"):
        opened.test.add_test_results_to_test_run([RESULT], opened.project.id, run.id)
    assert opened.test.get_test_runs(opened.project.id)[0].total_tests == 1_000


def test_runs_are_asked_for_by_their_title_within_seven_days(opened):
    opened.run(name="one")
    opened.run(name="two")
    now, days = datetime.now(UTC), timedelta(days=1)

    found = opened.test.query_test_runs(
        opened.project.id, now - 6 * days, now + days, run_title="two"
    )
    assert [run.name for run in found] == ["two"]
    with pytest.raises(StepFailedError, match="7 days"):
        opened.test.query_test_runs(opened.project.id, now - 7 * days, now + days)


@pytest.mark.parametrize("name", ["", "x" * 257])
def test_a_run_that_azure_devops_refuses(opened, name):
    with pytest.raises(StepFailedError):
        opened.run(name=name)
