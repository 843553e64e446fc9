"""What goes wrong on the way to Azure DevOps while we say something there: named, and never doubled."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from adapters.azure_devops.errors import ConflictError, NotThereError, RightMissingError
from core.errors import CommitGoneError, StepFailedError, UnavailableError, UnknownNameError
from core.ports import CommitState, CommitStatus, RanTest, Remark, TestsOfCommit
from tests.adapters.azure_devops.reviewed_world import AzureReviewed, said
from tests.peers.azure_devops import AzureDevOpsPeer, Right, faults
from tests.peers.azure_devops.statuses import statuses_of
from tests.peers.azure_devops.test_runs import runs_of
from tests.peers.azure_devops.threads import threads_of
from tests.peers.azure_devops.world import SLUSS

ROOT = Path(__file__).parents[3]
STATUS = CommitStatus(state=CommitState.FAILED, text="2 findings", url="http://sluss/1")
REMARKS = [
    Remark(text=f"finding {number}", path="src/train.py", line=number) for number in (1, 2, 3)
]
TESTS = TestsOfCommit(
    name="churn-1, attempt 1",
    tests=(RanTest("test_a", "tests.test_a"),) * 3,
    files={"junit.xml": b"<testsuites/>"},
)


@pytest.fixture
async def world(tmp_path):
    async with AzureDevOpsPeer(tmp_path) as devops:
        made = AzureReviewed(devops)
        yield made
        await made.close()


async def say(world, head):
    """All that a look says, as the desk does."""
    await world.reviews.show_status(world.repository, head, STATUS)
    await world.reviews.show_remarks(world.repository, head, REMARKS)
    await world.reviews.publish_tests(world.repository, head, TESTS)


async def until_said(world, head):
    for tries in range(12):
        try:
            await say(world, head)
        except UnavailableError:
            continue
        return tries
    raise AssertionError("it was never said")


def all_is_said_once(world, pull_request, head):
    assert len(statuses_of(world.churn, head)) == 1
    assert [words for _, words in said(pull_request)] == [
        f"finding {number}" for number in (1, 2, 3)
    ]
    [run] = runs_of(world.churn.project)
    assert (run.state, len(run.results), len(run.files["junit.xml"])) == ("Completed", 3, 1)


NO_ANSWERS = {
    "a page to sign in": (faults.sign_in_page, UnavailableError),
    "a redirect to it": (faults.sign_in_redirect, UnavailableError),
    "401": (lambda: faults.answer(401), UnavailableError),
    "403": (lambda: faults.error(403, "TF401027: You need permission.", "GitNeedsPermissionException"), RightMissingError),
    "409": (lambda: faults.error(409, "TF401192: stale", "GitPullRequestStaleException"), ConflictError),
    "429": (lambda: faults.too_many(0), UnavailableError),
    "503": (lambda: faults.answer(503), UnavailableError),
    "400": (lambda: faults.error(400, "It is closed.", "X"), StepFailedError),
    "a cut before": (faults.dropped_before, UnavailableError),
    "a cut after": (faults.dropped_after, UnavailableError),
    "half an answer": (faults.half, UnavailableError),
    "html": (lambda: faults.sign_in_page(200), UnavailableError),
}  # fmt: skip
WRITES = {
    "the status": r"/commits/[0-9a-f]+/statuses$",
    "a thread": r"/threads$",
    "a test run": r"/Runs$",
    "its results": r"/Results$",
    "its report": r"/Attachments$",
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("why", NO_ANSWERS)
async def test_each_write_that_fails_is_named_and_done_once_when_it_is_tried_again(
    world, why, write
):
    pull_request, head = world.opened()
    fault, error = NO_ANSWERS[why]
    world.devops.faults.on("POST", WRITES[write], fault())

    with pytest.raises(error, match=r"Azure DevOps|at the same moment"):
        await say(world, head)

    await until_said(world, head)
    all_is_said_once(world, pull_request, head)


@pytest.mark.parametrize("fault", [faults.dropped_after, faults.half], ids=["cut", "half"])
async def test_cut_off_after_every_single_write_nothing_is_doubled(world, fault):
    """Each write is done, and its answer lost, the first time it is tried."""
    pull_request, head = world.opened()
    for path in (*WRITES.values(), r"/pullRequests/\d+/statuses$", r"/threads$", r"/threads$"):
        world.devops.faults.on("POST", path, fault(), times=1)
    world.devops.faults.on("PATCH", r"/Runs/\d+$", fault(), times=1)

    assert await until_said(world, head) >= 6
    all_is_said_once(world, pull_request, head)
    mark = world.devops.calls.mark()
    await say(world, head)
    assert world.devops.calls.since(mark).writes == 0


RIGHTS = {
    Right.CODE_STATUS: "Code: Contribute and Code: Status",
    Right.PULL_REQUESTS: "Contribute to pull requests",
    Right.TEST_WRITE: "Test runs: View and Create",
    Right.BUILD_READ: "Builds: View",
}


@pytest.mark.parametrize("right", RIGHTS)
async def test_a_right_that_is_missing_is_named(world, right):
    _, head = world.opened()
    world.devops.access.deny(SLUSS, right)

    with pytest.raises(RightMissingError, match=f"the right is missing .{RIGHTS[right]}"):
        await say(world, head)


async def test_a_repository_that_nobody_shows_us_is_named(world):
    _, head = world.opened()
    world.churn.disable()

    with pytest.raises(UnknownNameError, match=world.repository):
        await world.reviews.show_status(world.repository, head, STATUS)


async def test_a_pruned_commit_is_gone(world):
    _, head = world.opened()

    with pytest.raises(CommitGoneError, match="Azure DevOps has no commit"):
        await world.reviews.show_status(world.repository, "f" * 40, STATUS)
    assert head


async def test_a_thread_that_somebody_deletes_meanwhile_stops_nothing(world):
    pull_request, head = world.opened()
    await world.show(head, *REMARKS)
    gone = faults.error(404, "It was not found.", "GitPullRequestCommentThreadNotFoundException")
    world.devops.faults.on("PATCH", r"/threads/1$", gone)

    assert await world.show(head) == 2
    assert [status for status, _ in said(pull_request)] == ["active", "fixed", "fixed"]


async def test_a_pull_request_that_goes_away_meanwhile_is_left(world):
    _, head = world.opened()
    gone = faults.error(404, "TF401180", "GitPullRequestNotFoundException")
    world.devops.faults.on("GET", r"/iterations$", gone)

    assert await world.show(head, *REMARKS) == 0


async def test_asked_to_wait_by_an_answer_that_succeeds_we_wait(world):
    _, head = world.opened()
    world.devops.faults.on("POST", r"/threads$", faults.slowed_down(60), times=1)

    with pytest.raises(UnavailableError, match="asks us to wait") as error:
        await world.show(head, *REMARKS)
    assert error.value.retry_after_s > 50
    assert len(threads_of(next(iter(world.churn.pull_requests)))) == 1


KILLED = """
import asyncio, sys
from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.reviews import AzureDevOpsReviews
from tests.adapters.azure_devops.test_review_faults import REMARKS, STATUS, TESTS

async def main(address, token, repository, head):
    reviews = AzureDevOpsReviews(AzureDevOps(AzureDevOpsSettings(address=address, token=token)))
    await reviews.show_status(repository, head, STATUS)
    await reviews.show_remarks(repository, head, REMARKS)
    await reviews.publish_tests(repository, head, TESTS)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("write", WRITES)
async def test_killed_when_the_write_is_done_and_before_it_knows_the_next_one_doubles_nothing(
    world, write
):
    pull_request, head = world.opened()
    address, token = world.devops.address, world.devops.token
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, address, token, world.repository, head),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    async def kill(request, handle):
        """It is done, and the one who asked dies before it is told."""
        response = await handle(request)
        process.kill()
        return response

    world.devops.faults.on("POST", WRITES[write], kill)
    assert await process.wait() == -signal.SIGKILL

    await say(world, head)
    all_is_said_once(world, pull_request, head)


async def test_unknown_threads_of_a_host_are_named_as_not_there(world):
    world.opened()
    with pytest.raises(NotThereError):
        await world.reviews.answer(world.repository, 1, 99, 1, "Hello.")
