"""The gate's word at a commit and at its open pull requests, written where it is not there yet."""

import pytest

from core.ports import CommitState, CommitStatus
from tests.adapters.azure_devops.reviewed_world import AzureReviewed
from tests.peers.azure_devops import AzureDevOpsPeer
from tests.peers.azure_devops.statuses import pull_request_statuses, statuses_of

URL = "http://sluss/releases/churn-1"
RUNS = CommitStatus(state=CommitState.PENDING, text="3 checks still run.", url=URL)
FOUND = CommitStatus(state=CommitState.FAILED, text="The gate has 2 findings.", url=URL)
PASSED = CommitStatus(state=CommitState.SUCCEEDED, text="Nothing to mend.")
OVER = CommitStatus(state=CommitState.NOT_APPLICABLE, text="A newer push came.")


@pytest.fixture
async def world(tmp_path):
    async with AzureDevOpsPeer(tmp_path) as devops:
        made = AzureReviewed(devops)
        yield made
        await made.close()


async def shown(world, commit, status):
    mark = world.devops.calls.mark()
    await world.reviews.show_status(world.repository, commit, status)
    return world.devops.calls.since(mark).writes


@pytest.mark.parametrize(
    ("status", "word"),
    [(RUNS, "pending"), (FOUND, "failed"), (PASSED, "succeeded"), (OVER, "notApplicable")],
)
async def test_it_stands_at_the_commit_and_at_the_pull_request(world, status, word):
    pull_request, head = world.opened()

    assert await shown(world, head, status) == 2

    told = f"sluss/gate {word}: {status.text}\n{status.url}"
    assert (world.seen(head), world.seen_at(pull_request)) == (told, told)
    assert pull_request_statuses(pull_request)[0].iteration == 1


async def test_the_same_again_writes_nothing(world):
    _, head = world.opened()
    await shown(world, head, FOUND)

    assert await shown(world, head, FOUND) == 0
    assert await shown(world, head, RUNS) == 2
    assert await shown(world, head, FOUND) == 2


async def test_what_others_say_of_the_commit_is_not_ours(world):
    _, head = world.opened()
    await shown(world, head, FOUND)
    [ours] = statuses_of(world.churn, head)
    other = ours.__class__(
        **{**vars(ours), "number": 10_000, "name": "build", "state": "succeeded"}
    )
    statuses_of(world.churn, head).append(other)

    assert await shown(world, head, FOUND) == 0


async def test_a_pull_request_that_is_opened_later_is_told_at_the_next_look(world):
    world.commit({"a": b"1"})
    head = world.push({"a": "2"})
    assert await shown(world, head, FOUND) == 1
    pull_request = world.churn.pull_requests.create("change", by=world.anna, title="Later")

    assert await shown(world, head, FOUND) == 1
    assert "2 findings" in world.seen_at(pull_request)


async def test_a_newer_push_has_a_status_of_its_own(world):
    pull_request, head = world.opened()
    await shown(world, head, FOUND)
    newer = world.push({"src/train.py": "mended\n"})

    assert await shown(world, head, PASSED) == 1
    assert await shown(world, newer, PASSED) == 2
    assert [each.iteration for each in pull_request_statuses(pull_request)] == [1, 2]


async def test_words_and_addresses_that_azure_devops_does_not_take_are_left_out(world):
    _, head = world.opened()
    long = CommitStatus(state=CommitState.FAILED, text="x" * 9_000, url="/releases/churn-1")

    await shown(world, head, long)

    assert len(world.seen(head)) < 600
    assert world.seen(head).endswith("x\n")
    assert await shown(world, head, long) == 0
