"""The reviews port: what people and pipelines say of a commit, and what we say there."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from core.accounts import HostAccount


class CommitState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"  # nobody waits for the answer any more


class CommitStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's word at a commit; ``url`` leads to the rest of it, "" where there is no page."""

    state: CommitState
    text: str
    url: str = ""


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be mended at one place; ``path`` "" is the whole commit, ``line`` 0 a whole file.

    ``text`` is plain text, one paragraph a line: no mark in it means anything to the host.
    ``about`` has the name of a check for each of its findings.
    """

    text: str
    path: str = ""
    line: int = 0
    about: tuple[str, ...] = ()


class TestOutcome(StrEnum):
    """How a test ended."""

    __test__ = False  # for pytest, which takes such names for its own

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class RanTest(msgspec.Struct, frozen=True, gc=False):
    name: str
    module: str = ""
    outcome: TestOutcome = TestOutcome.PASSED
    message: str = ""
    trace: str = ""


class TestsOfCommit(msgspec.Struct, frozen=True, kw_only=True):
    """A run of the unit tests; ``name`` is its own, and the same at each repeat.

    ``statements`` and ``covered`` count statements of the code; 0 of 0 was not measured. ``files``
    are the reports themselves by their names, such as junit.xml.
    """

    __test__ = False

    name: str
    tests: tuple[RanTest, ...]
    files: dict[str, bytes] = {}
    covered: int = 0
    statements: int = 0


class SaidComment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment of a pull request as the host has it now, and whose it is there.

    ``is_ours``: it was written by the identity that we sign in with, or has our marker.
    ``commit`` was the newest commit of the pull request's source when it was written: who wrote it
    has not seen what was pushed since, and a delivery may be late.
    """

    author: HostAccount
    text: str
    is_edited: bool = False
    is_ours: bool = False
    commit: str = ""


class BringingPullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request that brought a commit: who opened it, and what it has made of what.

    ``creator`` is named as the host names people: by its ids, or by an e-mail address. ``source``
    is the newest commit of its branch, and ``landed`` what that became; "" where it is not told.
    """

    creator: str
    source: str = ""
    landed: str = ""


class Reviews(Protocol):
    """``repository`` is the host's id, as in platform.yml.

    Each method raises CommitGoneError for what is no commit's id, and all but ``show_remarks`` and
    ``publish_tests`` for a commit that is not there: no pull request brings one.
    """

    async def pull_requests_of(
        self, repository: str, commits: Collection[str]
    ) -> dict[str, tuple[BringingPullRequest, ...]]:
        """These pull requests brought a commit, by source or by merge.

        A commit that none brought is left out.
        """

    async def show_status(self, repository: str, commit: str, status: CommitStatus) -> None:
        """Show it at the commit, and where the host has them at its open pull requests.

        The newest status replaces the one before, so that it may be shown twice.
        """

    async def show_remarks(
        self, repository: str, commit: str, remarks: Sequence[Remark], url: str = ""
    ) -> None:
        """Show them at the open pull requests whose newest commit this is, a thread for each place.

        The gravest come first; the host shows as many as people can read, and of the others their
        number and ``url``, where all are. What is gone is resolved, what comes back is opened
        again, and what a person closed stays closed while it says the same. Nothing is written
        where nothing changed, and nothing is said twice, also after a kill between a write and its
        note.
        """

    async def publish_tests(self, repository: str, commit: str, tests: TestsOfCommit) -> None:
        """Show the run of the tests where the host shows test results, once under its name."""

    async def test_report(self, repository: str, commit: str) -> bytes | None:
        """The repository's own pipeline left this JUnit report for the commit; None without one."""

    async def comment(
        self, repository: str, pull_request: int, thread: int, comment: int
    ) -> SaidComment | None:
        """The host has this comment; None where there is none, or it was deleted.

        A delivery is signed by nobody, so that whoever wrote it is asked here.
        """

    async def answer(
        self, repository: str, pull_request: int, thread: int, comment: int, text: str
    ) -> None:
        """Answer a comment in its thread, once; ``text`` is Markdown.

        Each answer has a marker with the comment's number, which nobody sees, and which is looked
        for among our own comments first: an answer that stands there already is left as it is,
        whatever it says. So it may be asked again after a kill between the post and its note, or
        after a time-out when the post was done. A thread that is full of our answers gets no
        more: a robot that answers us would never come to an end.
        """
