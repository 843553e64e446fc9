"""Commands in a pull request: answered in their thread, once, by what the host says of them."""

import asyncio
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.local_files.evidence import EvidenceFolder
from adapters.local_files.people import PeopleFile
from core.accounts import HostAccount
from core.again import Troubles
from core.errors import (
    CommitGoneError,
    GoneError,
    StepFailedError,
    UnavailableError,
    UnknownNameError,
)
from core.events.derived import DecisionRefused, StepPlanned
from core.events.outside import PullRequestCommented
from core.events.people import RetryRequested
from core.events.workers import StepFinished
from core.gate.checks import CheckResult, Finding, Status
from core.git_events import command_in
from core.jobs import AnswerComment
from core.ports import SaidComment
from core.release.state import State
from core.scrub import KnownSecrets
from core.words import Stage, Step
from tests.bot.world import LOAN, NOW, World
from tests.core.story import ADA, BEN, BROKEN, CHECKED, EVE, FAILED, OUT, Story
from tests.origins import happens
from workers.reviews import answers
from workers.reviews.comments import CommentDesk
from workers.reviews.desk import ReviewDesk

JOB = AnswerComment(
    id="answer/x", stream=LOAN, repository="r1", pull_request=7, thread=5, comment=2
)
SECRET = "hunter2_of-the[bank]"
LEFT = msgspec.structs.replace(OUT, id="lea", name="Lea", is_active=False)


class Threads:
    """A host with one pull request: its comments by their place, and what was answered where."""

    def __init__(self) -> None:
        self.said: dict[tuple, SaidComment] = {}
        self.answers: list[tuple[tuple, str]] = []
        self.says_no: Exception | None = None
        self.is_lost = False  # the answer is posted, and nobody hears of it

    async def comment(self, *place):
        if self.says_no:
            raise self.says_no
        return self.said.get(place)

    async def answer(self, *place_and_text):
        *place, text = place_and_text
        if self.says_no:
            raise self.says_no
        if tuple(place) not in {known for known, _ in self.answers}:
            self.answers.append((tuple(place), text))
        if self.is_lost:
            self.is_lost = False
            raise UnavailableError("The time was over after it was written.")


class Bench:
    def __init__(self, folder) -> None:
        self.world, self.threads = World(folder), Threads()
        desk = ReviewDesk(
            handle=self.world.handle, reviews=self.threads, store=self.world.store,
            chat=self.world.room, page_url="http://sluss", troubles=Troubles(),
            evidence=EvidenceFolder(folder / "evidence"),
        )  # fmt: skip
        people = PeopleFile((ADA, BEN, EVE, OUT, LEFT))
        self.comments = CommentDesk(
            desk=desk, directory=people, secrets=KnownSecrets([SECRET]), clock=lambda: NOW
        )

    def writes(self, text, author="ada", comment=2, push=1, **more):
        account = (
            author if isinstance(author, HostAccount) else HostAccount(id="x", unique_name=author)
        )
        said = SaidComment(author=account, text=text, commit=f"{push:040x}", **more)
        self.threads.said["r1", 7, 5, comment] = said
        return msgspec.structs.replace(JOB, comment=comment)

    async def answered(self, text, **how):
        """The one answer to the comment, which is looked at twice."""
        job = self.writes(text, **how)
        await self.comments(job)
        await self.comments(job)
        found = [said for place, said in self.threads.answers if place[-1] == job.comment]
        assert len(found) <= 1
        assert not any(map(command_in, found))  # or we would answer ourselves for ever
        return found[0] if found else None

    async def events(self, *kinds):
        return [
            entry.event
            for entry in await self.world.store.load(LOAN)
            if isinstance(entry.event, kinds)
        ]


@pytest.fixture
async def bench(tmp_path):
    bench = Bench(tmp_path)
    yield bench
    await bench.world.store.close()


def failed():
    return Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, FAILED)


async def test_the_status_of_the_newest_commit_says_what_to_mend_and_who_can(bench):
    await bench.world.told(Story().push(1).finish(Step.CHECK, BROKEN))
    said = await bench.answered("/sluss status")
    assert "**loan-1** is blocked (commit `00000000` on `main`)." in said
    assert "A member of credit can mend it and push, or `/sluss retry`." in said
    assert "- `README.md` add README.md (structure, blocks the run)" in said
    assert said.endswith("[The release](http://sluss/releases/loan-1)")


async def test_the_status_is_that_of_the_pull_requests_commit_and_not_of_another(bench):
    story = Story().push(1, branch="topic").finish(Step.CHECK, CHECKED).push(2, branch="other")
    await bench.world.told(story)
    said = await bench.answered("/sluss status")
    assert "**loan-1** is checked" in said
    assert "loan-2" not in said


async def test_a_commit_without_a_release_is_said_in_words(bench):
    await bench.world.told(Story().push(1))
    assert "no release yet of the commit `00000000`" in await bench.answered("/sluss why", push=9)
    bench.threads.said.clear()
    job = bench.writes("/sluss why", comment=3)
    said = bench.threads.said["r1", 7, 5, 3]
    bench.threads.said["r1", 7, 5, 3] = msgspec.structs.replace(said, commit="")
    await bench.comments(job)
    assert bench.threads.answers[-1][1] == answers.NO_COMMIT


async def test_why_names_what_stands_in_the_way_of_each_next_act(bench):
    await bench.world.told(Story().push(1).to_registered())
    said = await bench.answered("/sluss why")
    assert "**To request QA**: Nothing stands in the way. A member of credit can." in said
    assert "**To request PROD**: PROD comes after QA" in said
    await bench.world.told(Story().push(1).to_registered().request(Stage.QA))
    said = await bench.answered("/sluss why", comment=3)
    assert "**To approve QA**" in said


async def test_why_says_on_a_branch_what_would_be_blocked_after_the_merge(bench):
    story = Story().push(1, branch="topic").finish(Step.CHECK, BROKEN)
    await bench.world.told(story)
    said = await bench.answered("/sluss why")
    assert answers.OFF_THE_ROAD in said
    assert (
        "- **Before the run, acceptance, QA, PROD**: 1 finding to mend first \\(structure\\)."
        in said
    )


async def test_a_member_of_the_team_tries_the_failed_step_again(bench):
    await bench.world.told(failed())
    said = await bench.answered("/Sluss RETRY")
    assert said.startswith("The step train is tried again.")
    [event] = await bench.events(RetryRequested)
    assert (event.by.id, event.by.identity) == ("ada", "verified")
    planned = [each for each in await bench.events(StepPlanned) if each.step is Step.TRAIN]
    assert [(each.attempt, each.by) for each in planned] == [(1, ""), (2, "ada")]


async def test_one_comment_retries_once_even_if_the_step_fails_again_meanwhile(bench):
    await bench.world.told(failed())
    await bench.answered("/sluss retry")
    again = failed().retry().finish(Step.TRAIN, FAILED, attempt=2).events
    [ended] = [each for each in again if isinstance(each, StepFinished) and each.attempt == 2]
    await happens(bench.world.handle, ended)
    bench.threads.answers.clear()
    assert (await bench.answered("/sluss retry")).startswith(answers.TAKEN_BEFORE)
    assert len(await bench.events(RetryRequested)) == 1
    assert (await bench.world.release()).state is State.FAILED


async def test_who_is_not_of_the_team_is_refused_in_the_thread_and_in_the_ledger(bench):
    await bench.world.told(failed())
    said = await bench.answered("/sluss retry", author="out")
    assert "Nothing was tried again. Only members of credit retry a step." in said
    [refused] = await bench.events(DecisionRefused)
    assert (refused.by.id, refused.what) == ("out", "retry")
    assert (await bench.world.release()).state is State.FAILED


async def test_where_nothing_failed_there_is_nothing_to_retry(bench):
    await bench.world.told(Story().push(1).to_registered())
    assert "there is nothing to retry" in await bench.answered("/sluss retry")


@pytest.mark.parametrize("text", ["/sluss retry please", "/sluss retry loan-7", "/sluss retry not"])
async def test_a_retry_with_more_words_does_nothing(bench, text):
    await bench.world.told(failed())
    assert await bench.answered(text) == answers.ALONE
    assert await bench.events(RetryRequested) == []


@pytest.mark.parametrize("verb", sorted(answers.ELSEWHERE))
async def test_a_comment_approves_accepts_and_requests_nothing(bench, verb):
    await bench.world.told(Story().push(1).to_registered().request(Stage.QA))
    before = len(await bench.world.store.load(LOAN))
    said = await bench.answered(f"/sluss {verb} loan-1 QA", author="eve")
    assert answers.NOTHING_DECIDED in said
    assert len(await bench.world.store.load(LOAN)) == before


UNKNOWN = [
    ("/sluss", "- `/sluss status`:"),
    ("/sluss help retry", "- `/sluss retry`:"),
    ("/sluss retyr", "Did you mean `/sluss retry`?"),
    ("/sluss zzz", "There is no command `zzz`. Nothing was done."),
    ("/sluss @<6f1d8c0e-0000-4000-8000-00000000a001>", "`@ <6f1d8c0e"),
    ("/sluss ![x](https://evil.example/p.png)", "`![x](https://evil.example/p.png)`"),
    ("/sluss `x`**y**", "no command `'x'**y**`"),
    ("/sluss " + "x" * 100_000, "no command `xxx"),
]


@pytest.mark.parametrize(("text", "says"), UNKNOWN, ids=lambda text: text[:24])
async def test_whatever_else_is_asked_the_answer_helps_and_repeats_no_mark(bench, text, says):
    said = await bench.answered(text)
    assert says in said
    assert "- `/sluss help`:" in said
    assert len(said) < 2000
    assert "](" not in re.sub(r"`[^`]*`", "", said)


@given(st.text(min_size=1))
def test_whatever_word_is_asked_for_it_is_repeated_as_a_word(word):
    said = answers.unknown(word)
    assert re.sub(r"`[^`]*`", "", said).count("<") == 0
    assert "@<" not in said
    assert not command_in(said)


async def test_whom_the_directory_does_not_know_is_told_and_nothing_is_done(bench):
    await bench.world.told(failed())
    said = await bench.answered("/sluss retry", author="st*r@elsewhere.example")
    assert said == answers.STRANGER.format(name="`st*r@elsewhere.example`")
    assert await bench.events(RetryRequested) == []


SERVICES = [
    HostAccount(id="s", display_name="Deploy @<x>", descriptor="aadsp.x", unique_name="ada"),
    HostAccount(id="ada", unique_name="Build\\ada", display_name="Build Service"),
    HostAccount(id="s", subject_kind="servicePrincipal", unique_name="ada@bank.example"),
]


@pytest.mark.parametrize("account", SERVICES)
async def test_a_service_gives_no_commands_whatever_it_is_called(bench, account):
    await bench.world.told(failed())
    said = await bench.answered("/sluss retry", author=account)
    assert "is no person" in said
    assert "@<" not in said
    assert await bench.events(RetryRequested) == []


async def test_whose_account_is_disabled_does_nothing(bench):
    await bench.world.told(failed())
    assert await bench.answered("/sluss status", author="lea") == answers.DISABLED


SILENT = [
    {"text": "/sluss retry", "is_ours": True},
    {"text": "/sluss retry", "is_edited": True},
    {"text": "> /sluss retry"},
    {"text": "**loan-1** is blocked\n\n/sluss retry"},
    {"text": "It is fine now"},
    {"text": ""},
]


@pytest.mark.parametrize("how", SILENT, ids=str)
async def test_our_own_words_edits_quotes_and_talk_get_no_answer(bench, how):
    await bench.world.told(failed())
    assert await bench.answered(**how) is None
    assert await bench.events(RetryRequested) == []


async def test_a_comment_that_is_not_there_gets_no_answer_whatever_a_delivery_said_of_it(bench):
    """A forged delivery: the host knows of no such comment."""
    await bench.world.told(failed())
    forged = PullRequestCommented(
        id="ado/r1/pr/7/thread/5/comment/9", time=NOW, repository="r1", pull_request=7, thread=5,
        comment=9, author="ada", text="/sluss retry",
    )  # fmt: skip
    handled = await happens(bench.world.handle, forged)
    [job] = handled.decision.jobs
    await bench.comments(job)
    assert bench.threads.answers == []
    assert await bench.events(RetryRequested) == []


async def test_who_wrote_it_is_asked_of_the_host_whatever_a_delivery_said(bench):
    await bench.world.told(failed())
    bench.writes("/sluss retry", author="out")
    forged = PullRequestCommented(
        id="f", time=NOW, repository="r1", pull_request=7, thread=5, comment=2, author="ada",
        text="/sluss retry",
    )  # fmt: skip
    [job] = (await happens(bench.world.handle, forged)).decision.jobs
    await bench.comments(job)
    assert "Only members of credit" in bench.threads.answers[0][1]


async def test_an_answer_that_was_posted_unheard_is_not_posted_again(bench):
    await bench.world.told(failed())
    job = bench.writes("/sluss retry")
    bench.threads.is_lost = True
    with pytest.raises(UnavailableError):
        await bench.comments(job)
    await bench.comments(job)
    assert len(bench.threads.answers) == 1
    assert len(await bench.events(RetryRequested)) == 1


async def test_two_workers_at_one_comment_take_turns(bench):
    await bench.world.told(failed())
    job = bench.writes("/sluss retry")
    ended = await asyncio.gather(bench.comments(job), bench.comments(job), return_exceptions=True)
    assert [type(each) for each in ended if each] == [UnavailableError]
    assert len(bench.threads.answers) == 1


NO = {
    "it is down": UnavailableError("Azure DevOps does not answer."),
    "a right is missing": StepFailedError("The right 'Code: Read' is missing. Give it."),
}


@pytest.mark.parametrize("why", NO)
async def test_while_the_host_is_closed_the_answer_waits(bench, why):
    await bench.world.told(failed())
    job = bench.writes("/sluss status")
    bench.threads.says_no = NO[why]
    with pytest.raises(UnavailableError):
        await bench.comments(job)
    assert bench.comments.desk.troubles.open
    bench.threads.says_no = None
    await bench.comments(job)
    assert not bench.comments.desk.troubles.open
    assert len(bench.threads.answers) == 1


GONE = [CommitGoneError(), GoneError("no such thread"), UnknownNameError("repository", "r1")]


@pytest.mark.parametrize("gone", GONE, ids=lambda error: type(error).__name__)
async def test_what_is_gone_is_let_go_of(bench, gone):
    bench.threads.says_no = gone
    await bench.comments(bench.writes("/sluss status"))
    assert not bench.comments.desk.troubles.open


def many(count, path="src/a.py", mend="mend it"):
    findings = tuple(Finding(path, mend, line=n) for n in range(count))
    result = CheckResult(
        check="lint", title="Lint", owner="GBI", priority=2, status=Status.FOUND, findings=findings
    )
    return msgspec.structs.replace(BROKEN, checks=(result, *BROKEN.checks))


async def test_of_five_thousand_findings_the_gravest_are_shown_and_the_others_counted(bench):
    await bench.world.told(Story().push(1).finish(Step.CHECK, many(5000)))
    said = await bench.answered("/sluss status")
    assert "(5001 findings)" in said
    assert said.index("README.md") < said.index("src/a.py")
    assert f"- and {5001 - answers.SHOWN} more" in said
    assert len(said) < 4000


async def test_words_of_a_repository_are_no_marks_and_no_secret_of_ours(bench):
    mend = f"ask @<6f1d> at https://evil.example ![x](y) {SECRET} <script>"
    checked = many(1, path="a`b\n@<c>.py", mend=mend)
    await bench.world.told(Story().push(1).finish(Step.CHECK, checked))
    said = await bench.answered("/sluss status")
    assert "@<" not in said
    assert "![" not in re.sub(r"\\.", "", said)
    assert "<script" not in said.replace("\\<", "")
    assert "https://evil" not in said
    assert "hunter2" not in said
