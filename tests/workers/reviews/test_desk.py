"""What the host of git says of a release is brought up to date from the ledger, by one at a time."""

import asyncio

import msgspec
import pytest

from adapters.bare_repositories.reviews import BareReviews
from core.again import Troubles
from core.errors import CommitGoneError, GoneError, StepFailedError, UnavailableError
from core.jobs import ShowReview
from core.ports import CommitState
from core.words import Step
from tests.adapters.bare_repositories.bare_world import BareWorld
from tests.bot.world import LOAN, World
from tests.core.story import BROKEN, CHECKED, FAILED, Story
from workers.reviews.desk import ReviewDesk

[FOUND, *_] = BROKEN.checks
FINE = msgspec.structs.replace(FOUND, status="passed", findings=())
JOB = ShowReview(id="review/1", stream=LOAN, release="loan-1")
RIGHT = StepFailedError("The right 'Code: Status' is missing for lending. Give it.")


class SomeHost:
    """A host of git that keeps what it is told; ``says_no`` is its answer while it is set."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []
        self.says_no: Exception | None = None
        self.is_slow = False
        self.at_once = self.most_at_once = 0

    async def show_status(self, repository, commit, status):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        if self.says_no:
            raise self.says_no
        self.told.append((str(status.state), status.text, status.url))


class Bench:
    def __init__(self, folder) -> None:
        self.world, self.host, self.troubles = World(folder), SomeHost(), Troubles()
        self.desk = self.of(self.host, "http://sluss")

    def of(self, reviews, page_url) -> ReviewDesk:
        world = self.world
        return ReviewDesk(
            handle=world.handle, reviews=reviews, store=world.store, chat=world.room,
            page_url=page_url, troubles=self.troubles,
        )  # fmt: skip

    async def said(self, story: Story, release="loan-1"):
        await self.world.told(story)
        await self.desk(msgspec.structs.replace(JOB, release=release))
        return self.host.told[-1]


@pytest.fixture
async def bench(tmp_path):
    bench = Bench(tmp_path)
    yield bench
    await bench.world.store.close()


SAID = {
    "nothing yet": (
        lambda: Story().push(1),
        (CommitState.PENDING, "The gate runs; no check has answered yet."),
    ),
    "the quick checks": (
        lambda: Story().push(1).report(*[FINE] * 12, waiting=("lint", "bandit", "unit_tests")),
        (CommitState.PENDING, "12 quick checks found nothing; 3 checks still run."),
    ),
    "one quick check, and one that runs": (
        lambda: Story().push(1).report(FINE, waiting=("lint",)),
        (CommitState.PENDING, "1 quick check found nothing; 1 check still runs."),
    ),
    "what is to be mended at once": (
        lambda: Story().push(1).report(FINE, FOUND, waiting=("lint",)),
        (CommitState.FAILED, "The gate has 1 finding so far; 1 check still runs."),
    ),
    "the whole gate": (
        lambda: Story().push(1).finish(Step.CHECK, BROKEN),
        (CommitState.FAILED, "The gate has 1 finding."),
    ),
    "a gate that passed": (
        lambda: Story().push(1).finish(Step.CHECK, CHECKED),
        (CommitState.SUCCEEDED, "The gate found nothing to mend."),
    ),
    "a gate that passed on another branch": (
        lambda: Story().push(1, branch="feature/x").finish(Step.CHECK, BROKEN),
        (CommitState.FAILED, "The gate has 1 finding."),
    ),
    "a gate that could not be run": (
        lambda: Story().push(1).finish(Step.CHECK, FAILED),
        (CommitState.FAILED, f"The gate could not be run: {FAILED.reason}"),
    ),
    "one that is tried again": (
        lambda: Story().push(1).finish(Step.CHECK, FAILED).retry(),
        (CommitState.PENDING, "The gate runs; no check has answered yet."),
    ),
    "one that is stuck": (
        lambda: Story().push(1).bury(),
        (
            CommitState.FAILED,
            "The gate is stuck. The platform team has its dead letter, and it can be retried.",
        ),
    ),
    "a newer push before the answer": (
        lambda: Story().push(1).report(FINE, waiting=("lint",)).push(2),
        (
            CommitState.NOT_APPLICABLE,
            "The gate was ended before it had answered: a newer push took its place.",
        ),
    ),
    "a newer push after the answer": (
        lambda: Story().push(1).finish(Step.CHECK, BROKEN).push(2),
        (CommitState.FAILED, "The gate has 1 finding."),
    ),
}


@pytest.mark.parametrize("case", SAID)
async def test_the_status_is_the_gates_word_as_it_is_now(bench, case):
    story, (state, text) = SAID[case]

    assert await bench.said(story()) == (state, text, "http://sluss/releases/loan-1")


async def test_without_pages_it_leads_to_the_conversation_of_the_card(bench):
    await bench.world.told(Story().push(1).finish(Step.CHECK, BROKEN))
    desk = bench.of(bench.host, "")

    await desk(JOB)
    await bench.world.show_cards()
    await desk(JOB)

    assert [url for _, _, url in bench.host.told] == [
        "", "https://chat.example/credit_room/activity-1",
    ]  # fmt: skip


async def test_an_older_look_shows_the_newest_state(bench):
    """Jobs come in any order: of a commit that was pushed twice the newest release has the word."""
    first = Story().push(1)
    again = msgspec.structs.replace(first.events[0], id="again", push_id=2)
    await bench.world.told(first.tell(again).finish(Step.CHECK, BROKEN, release="loan-2"))

    await bench.desk(msgspec.structs.replace(JOB, release="loan-2"))
    await bench.desk(JOB)

    assert len(set(bench.host.told)) == 1
    assert bench.host.told[0][2].endswith("/releases/loan-2")


async def test_two_looks_at_one_repository_are_never_at_the_same_time(bench):
    await bench.world.told(Story().push(1).push(2, branch="other"))
    jobs = [JOB, msgspec.structs.replace(JOB, release="loan-2")]

    ended = await asyncio.gather(*map(bench.desk, jobs), return_exceptions=True)

    assert [type(each) for each in ended if each] == [UnavailableError]
    assert bench.host.most_at_once == 1
    assert bench.troubles.open == {}
    await bench.desk(JOB)


NO = {
    "it is down": (UnavailableError("Azure DevOps does not answer."), False),
    "a right is missing": (RIGHT, True),
}


@pytest.mark.parametrize("why", NO)
async def test_while_the_host_takes_nothing_it_is_told_and_waits(bench, why):
    no, is_final = NO[why]
    bench.host.says_no = no
    await bench.world.told(Story().push(1))

    for _ in range(2):
        with pytest.raises(UnavailableError, match=str(no)[:20]):
            await bench.desk(JOB)
    [(work, trouble)] = bench.troubles.open.items()
    assert (work, trouble.says) == ("telling the host of git about loan", str(no))
    assert trouble.is_final == is_final

    bench.host.says_no = None
    await bench.desk(JOB)
    assert bench.troubles.open == {}


async def test_a_commit_that_is_gone_is_let_go_of(bench):
    bench.host.says_no = CommitGoneError()
    await bench.world.told(Story().push(1))

    await bench.desk(JOB)

    assert bench.troubles.open == {}


async def test_a_repository_that_is_gone_is_told_and_waits_for_nobody(bench):
    bench.host.says_no = GoneError("There is no repository lending/churn.")
    await bench.world.told(Story().push(1))

    await bench.desk(JOB)

    assert [trouble.says for trouble in bench.troubles.open.values()] == [
        "There is no repository lending/churn."
    ]


async def test_who_was_cut_off_keeps_the_others_out_for_a_while(bench, monkeypatch):
    """A write of theirs may be under way still."""
    monkeypatch.setattr("workers.reviews.desk.LIMIT_S", 0.001)
    await bench.world.told(Story().push(1))

    with pytest.raises(UnavailableError, match="took longer than"):
        await bench.desk(JOB)
    with pytest.raises(UnavailableError, match="another worker"):
        await bench.desk(JOB)


async def test_a_release_that_nobody_knows_is_let_go_of(bench):
    await bench.desk(msgspec.structs.replace(JOB, release="gone-1"))

    assert bench.host.told == []


async def test_on_one_machine_it_is_a_note_at_the_commit(bench, tmp_path):
    (tmp_path / "git").mkdir()
    git = BareWorld(tmp_path / "git")
    commit = git.commit({"a": b"1"})
    story = Story().push(1).finish(Step.CHECK, BROKEN)
    await bench.world.told(story, {1: commit})
    reviews = BareReviews({"r1": git.folder}.get)

    await bench.of(reviews, "http://sluss")(JOB)

    assert "failed: The gate has 1 finding." in git.seen(commit)
    assert "http://sluss/releases/loan-1" in git.seen(commit)
