"""What the host of git says of a release is brought up to date from the ledger, by one at a time."""

import asyncio

import msgspec
import pytest

from adapters.bare_repositories.reviews import BareReviews
from adapters.local_files.evidence import EvidenceFolder
from core.again import Troubles
from core.errors import (
    CommitGoneError,
    GoneError,
    StepFailedError,
    UnavailableError,
    UnknownNameError,
)
from core.gate.checks import Finding
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
        self.remarks, self.tests, self.refuses = None, [], set()

    async def show_status(self, repository, commit, status):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        if self.says_no:
            raise self.says_no
        self.told.append((str(status.state), status.text, status.url))

    async def show_remarks(self, repository, commit, remarks, url=""):
        self._refuse("remarks")
        self.remarks = list(remarks)

    async def publish_tests(self, repository, commit, tests):
        self._refuse("tests")
        self.tests.append(tests)

    def _refuse(self, what):
        if what in self.refuses:
            raise StepFailedError(f"The right for {what} is missing. Give it.")


class Bench:
    def __init__(self, folder) -> None:
        self.world, self.host, self.troubles = World(folder), SomeHost(), Troubles()
        self.evidence = EvidenceFolder(folder / "evidence")
        self.desk = self.of(self.host, "http://sluss")

    def of(self, reviews, page_url) -> ReviewDesk:
        world = self.world
        return ReviewDesk(
            handle=world.handle, reviews=reviews, store=world.store, chat=world.room,
            page_url=page_url, troubles=self.troubles, evidence=self.evidence,
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


@pytest.mark.parametrize(
    "no", [GoneError("There is no lending/churn."), UnknownNameError("repository", "r1")]
)
async def test_a_repository_that_is_not_shown_to_us_is_told_and_waited_for(bench, no):
    bench.host.says_no = no
    await bench.world.told(Story().push(1))

    with pytest.raises(UnavailableError):
        await bench.desk(JOB)

    assert [trouble.says for trouble in bench.troubles.open.values()] == [str(no)]


async def test_of_a_repository_that_platform_yml_has_no_longer_nothing_is_said(bench):
    await bench.world.told(Story().push(1))
    bench.world.platform = msgspec.structs.replace(bench.world.platform, repositories=())

    await bench.desk(JOB)

    assert bench.host.told == []


async def test_who_was_cut_off_keeps_the_others_out_for_a_while(bench, monkeypatch):
    """A write of theirs may be under way still."""
    monkeypatch.setattr("workers.turns.LIMIT_S", 0.001)
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


async def test_findings_are_remarks_at_their_places_the_gravest_first(bench):
    def of(check, priority, *findings, **more):
        return msgspec.structs.replace(
            FOUND, check=check, priority=priority, findings=findings, **more
        )

    checks = (
        of("lint", 4, Finding("a.py", "break it", wrong="too long", line=3), Finding("b.py", "x")),
        of("names", 2, Finding("a.py", "call it b", line=3, is_advice=True)),
        of("secrets", 1, Finding("a.py", "take it out", line=3)),
        of("unit_tests", 1, status="could not run", note="there is no sandbox"),
    )
    await bench.said(
        Story().push(1).finish(Step.CHECK, msgspec.structs.replace(BROKEN, checks=checks))
    )

    assert [(each.path, each.line, each.about) for each in bench.host.remarks] == [
        ("a.py", 3, ("secrets", "lint")), ("", 0, ("unit_tests",)), ("b.py", 0, ("lint",)),
    ]  # fmt: skip
    assert bench.host.remarks[0].text == (
        "take it out (secrets, priority 1, GBI, blocks the run)\n"
        "too long: break it (lint, priority 4, GBI, warns)"
    )


async def test_remarks_wait_for_the_whole_gate(bench):
    """What a slower check found before would pass for mended meanwhile."""
    await bench.said(Story().push(1).report(FOUND, waiting=("lint",)))
    assert bench.host.remarks is None
    await bench.said(Story().push(1).finish(Step.CHECK, FAILED))
    assert bench.host.remarks is None


JUNIT = b"""<testsuites><testsuite name="m" tests="3" failures="1">
<testcase classname="tests.test_a" name="test_one"/>
<testcase classname="tests.test_a" name="test_two"><failure message="no">trace</failure></testcase>
<testcase classname="tests.test_a" name="test_three"><skipped message="later"/></testcase>
</testsuite></testsuites>"""


async def tested(bench, **reports):
    kept = {name: await bench.evidence.keep(data) for name, data in reports.items()}
    ran = msgspec.structs.replace(FINE, check="unit_tests", reports=kept)
    await bench.world.told(
        Story().push(1).finish(Step.CHECK, msgspec.structs.replace(CHECKED, checks=(ran,)))
    )


async def test_the_tests_are_published_once(bench):
    coverage = b'{"totals": {"covered_lines": 8, "num_statements": 10, "percent_covered": 80.0}}'
    await tested(bench, **{"junit.xml": JUNIT, "coverage.json": coverage})

    await bench.desk(JOB)
    await bench.desk(JOB)

    [tests] = bench.host.tests
    assert tests.name == "loan-1, attempt 1"
    assert [(each.name, each.module, each.outcome, each.message) for each in tests.tests] == [
        ("test_one", "tests.test_a", "passed", ""), ("test_two", "tests.test_a", "failed", "no"),
        ("test_three", "tests.test_a", "skipped", "later"),
    ]  # fmt: skip
    assert (tests.covered, tests.statements) == (8, 10)
    assert tests.files == {"junit.xml": JUNIT, "coverage.json": coverage}


@pytest.mark.parametrize(
    "reports",
    [{}, {"stdout": b"3 passed"}, {"junit.xml": b"<html/>"}],
    ids=["none", "words", "html"],
)
async def test_without_a_report_of_ours_nothing_is_published(bench, reports):
    await tested(bench, **reports)
    await bench.desk(JOB)
    assert bench.host.tests == []


@pytest.mark.parametrize(
    "coverage", [b"{}", b"no", b'{"totals": {"covered_lines": 9, "num_statements": 3}}']
)
async def test_a_coverage_that_cannot_be_is_left_out(bench, coverage):
    await tested(bench, **{"junit.xml": JUNIT, "coverage.json": coverage})
    await bench.desk(JOB)
    assert bench.host.tests[0].statements == 0


async def test_a_right_that_is_missing_keeps_back_nothing_else(bench):
    bench.host.refuses = {"remarks"}
    await tested(bench, **{"junit.xml": JUNIT})

    with pytest.raises(UnavailableError, match="right for remarks"):
        await bench.desk(JOB)

    assert bench.host.told
    assert bench.host.tests
    assert [trouble.is_final for trouble in bench.troubles.open.values()] == [True]
