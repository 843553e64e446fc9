"""What every place of reviews must do: a suite that runs on each implementation of the port.

A subclass gives the fixture ``world``: a repository on the host, and a way to put commits there.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import pytest

from core.errors import CommitGoneError, UnknownNameError
from core.ports import CommitState, CommitStatus, RanTest, Remark, Reviews, TestsOfCommit
from tests.adapters.git_host_contract import NO_COMMIT_IDS, NOBODY_KNOWS
from workers.gate.tool_reports import read_junit

JUNIT = b"""<testsuites><testsuite name="pytest" tests="2" failures="1">
<testcase classname="tests.test_a" name="test_one"/>
<testcase classname="tests.test_a" name="test_two"><failure message="no"/></testcase>
</testsuite></testsuites>
"""
TESTS = TestsOfCommit(name="loan-1/1", tests=(RanTest("test_one"),), files={"junit.xml": JUNIT})
RUNS = CommitStatus(state=CommitState.PENDING, text="The gate runs", url="http://x/1")
FOUND = CommitStatus(state=CommitState.FAILED, text="2 findings", url="http://x/1")


class ReviewedWorld(Protocol):
    reviews: Reviews
    repository: str

    def commit(self, files: Mapping[str, bytes | None]) -> str: ...

    def seen(self, commit: str) -> str:
        """What a person reads at the commit: the newest status."""

    def leave_test_report(self, commit: str, junit: bytes) -> None:
        """As the repository's own pipeline does."""


class ReviewsContract:
    async def test_the_newest_status_replaces_the_one_before(self, world: ReviewedWorld):
        commit = world.commit({"a": b"1"})
        for status in (RUNS, FOUND, FOUND):
            await world.reviews.show_status(world.repository, commit, status)
        assert world.seen(commit).count("2 findings") == 1
        assert "http://x/1" in world.seen(commit)
        assert "The gate runs" not in world.seen(commit)

    async def test_a_status_may_lead_to_no_page(self, world: ReviewedWorld):
        commit = world.commit({"a": b"1"})
        status = CommitStatus(state=CommitState.FAILED, text="2 findings")
        await world.reviews.show_status(world.repository, commit, status)
        assert world.seen(commit).rstrip("\n").endswith("2 findings")

    async def test_each_commit_has_a_status_of_its_own(self, world: ReviewedWorld):
        first, second = world.commit({"a": b"1"}), world.commit({"a": b"2"})
        await world.reviews.show_status(world.repository, first, FOUND)
        assert "2 findings" not in world.seen(second)

    async def test_the_report_of_a_pipeline_is_that_of_its_commit(self, world: ReviewedWorld):
        earlier, commit = world.commit({"a": b"1"}), world.commit({"a": b"2"})
        world.leave_test_report(commit, JUNIT)
        report = await world.reviews.test_report(world.repository, commit)
        assert report is not None
        told = [(test.module, test.name, test.outcome) for test in read_junit(report).cases]
        assert told == [
            ("tests.test_a", "test_one", "passed"),
            ("tests.test_a", "test_two", "failure"),
        ]
        assert await world.reviews.test_report(world.repository, earlier) is None

    async def test_the_same_said_again_and_by_two_at_once_is_said_once(self, world: ReviewedWorld):
        commit = world.commit({"a": b"1"})
        remarks = [Remark(text="mend this", path="a", line=1, about=("lint",))]

        async def say() -> None:
            await world.reviews.show_status(world.repository, commit, FOUND)
            await world.reviews.show_remarks(world.repository, commit, remarks)
            await world.reviews.publish_tests(world.repository, commit, TESTS)

        await say()
        before = world.seen(commit)
        await asyncio.gather(say(), say())
        assert world.seen(commit) == before

    @pytest.mark.parametrize("ask", ["pull_requests", "test_report", "show_status"])
    @pytest.mark.parametrize("commit", [NOBODY_KNOWS, *NO_COMMIT_IDS])
    async def test_a_commit_that_is_not_there_is_gone(
        self, world: ReviewedWorld, ask: str, commit: str
    ):
        world.commit({"a": b"1"})
        with pytest.raises(CommitGoneError):
            await _asked(world.reviews, ask, world.repository, commit)

    @pytest.mark.parametrize("ask", ["pull_requests", "test_report", "show_status"])
    async def test_an_unknown_repository_is_named(self, world: ReviewedWorld, ask: str):
        commit = world.commit({"a": b"1"})
        with pytest.raises(UnknownNameError, match="no_such_one"):
            await _asked(world.reviews, ask, "no_such_one", commit)


async def _asked(reviews: Reviews, ask: str, repository: str, commit: str) -> None:
    calls: dict[str, Any] = {
        "pull_requests": lambda: reviews.pull_requests_of(repository, [commit]),
        "test_report": lambda: reviews.test_report(repository, commit),
        "show_status": lambda: reviews.show_status(repository, commit, FOUND),
    }
    await calls[ask]()
