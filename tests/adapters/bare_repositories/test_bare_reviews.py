"""What is said of a commit in a bare repository is kept as git notes, and no word is lost."""

import asyncio

import pytest

from core.ports import CommitState, CommitStatus
from tests.adapters.bare_repositories.bare_world import BareWorld
from tests.adapters.reviews_contract import ReviewsContract


@pytest.fixture
def world(tmp_path):
    return BareWorld(tmp_path)


class TestBareReviews(ReviewsContract):
    """The whole contract."""


async def test_there_are_no_pull_requests(world):
    commit = world.commit({"a": b"1"})
    assert await world.reviews.pull_requests_of(world.repository, [commit]) == {}


async def test_statuses_shown_at_the_same_time_are_all_kept(world):
    commits = [world.commit({"a": bytes([n])}) for n in range(5)]
    shown = (
        world.reviews.show_status(world.repository, commit, _succeeded(f"no {commit}"))
        for commit in commits
    )
    await asyncio.gather(*shown)
    assert all(f"succeeded: no {commit}" in world.seen(commit) for commit in commits)


def _succeeded(text: str) -> CommitStatus:
    return CommitStatus(state=CommitState.SUCCEEDED, text=text, url="u")


async def test_a_bare_repository_has_no_comments_and_takes_no_answers(world):
    assert await world.reviews.comment(world.repository, 7, 1, 1) is None
    await world.reviews.answer(world.repository, 7, 1, 1, "an answer")
    assert await world.reviews.comment(world.repository, 7, 1, 2) is None
