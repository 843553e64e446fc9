"""What a dead letter was about is said in words, whatever its message holds."""

from datetime import UTC, datetime

import pytest

from core.events.codec import encode_batch
from core.events.outside import CodePushed
from core.jobs import (
    AnswerComment,
    CancelStep,
    EndTracking,
    ObserveRegistries,
    ObserveRegistry,
    RedriveLetter,
    ShowCard,
    ShowReview,
    encode,
    step_job,
)
from core.ports import DeadLetter, Message
from core.words import PLATFORM, ReleaseId, Stage, Step, Stream
from workers.watch.letters import LONGEST, UNREADABLE, buried

SINCE = datetime(2026, 1, 5, 8, 0, 0, 123456, tzinfo=UTC)
LOAN, RELEASE = Stream("loan"), ReleaseId("loan-1")
STEP = step_job(LOAN, RELEASE, Step.TRAIN, 2, Stage.TST)
CANCEL = CancelStep(id="c", stream=LOAN, release=RELEASE, step=Step.TRAIN, attempt=2)
PUSH = CodePushed(
    id="ado/r1/7/main", time=SINCE, source="azure-devops", delivery="d1", repository="r1",
    branch="main", commit="c" * 40, pusher="ada", push_id=7,
)  # fmt: skip


def letter(body, reason="a bug"):
    return DeadLetter(message=Message(id="m", body=body), reason=reason, since=SINCE)


@pytest.mark.parametrize(
    ("job", "about", "release"),
    [
        (STEP, "the step train of loan-1, attempt 2, on TST", RELEASE),
        (CANCEL, "the end of the step train of loan-1, attempt 2", RELEASE),
        (EndTracking(id="e", stream=LOAN, release=RELEASE), "the end of the run of loan-1 in the tracking server", RELEASE),
        (ShowCard(id="s", stream=LOAN, card="release", subject="loan-1"), "the card release of loan-1", ""),
        (ShowReview(id="s", stream=LOAN, release=RELEASE), "what the host of git is told of loan-1", RELEASE),
        (AnswerComment(id="a", stream=LOAN, repository="r1", pull_request=7, thread=5, comment=2), "the answer to comment 2 of thread 5 in pull request 7", ""),
        (ObserveRegistry(id="o", stream=LOAN, model="loan_default"), "a look at the model loan_default in the registry", ""),
        (ObserveRegistries(id="o", stream=PLATFORM), "a look at all models in the registry", ""),
        (RedriveLetter(id="r", stream=PLATFORM, queue="steps", message="x", since=SINCE), "the sending again of x in steps", ""),
    ],
)  # fmt: skip
def test_a_job_is_named_by_what_it_does(job, about, release):
    event = buried("observe", letter(encode(job)))

    assert (event.about, event.release) == (about, release)


def test_a_delivery_is_named_by_what_it_brought():
    event = buried("events", letter(encode_batch([PUSH, PUSH])))

    assert event.about == "delivery d1 of azure-devops: CodePushed (ado/r1/7/main)"


@pytest.mark.parametrize("queue", ["events", "steps", "no_such_queue"])
@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"\xff\xfe", b'{"job":"ShowCard","id":"\xff"}', b"[" * 100_000,
     b'{"job":"ShowCard","x":' + b"[" * 100_000, b'{"job":"Unheard"}'],
    ids=range(7),
)  # fmt: skip
def test_what_is_none_of_ours_is_told_all_the_same(queue, body):
    assert buried(queue, letter(body)).about == UNREADABLE


def test_each_death_has_an_id_of_its_own_and_each_look_at_it_the_same():
    first, again = buried("steps", letter(b"")), buried("steps", letter(b""))
    later = DeadLetter(message=Message(id="m", body=b""), reason="", since=SINCE.replace(hour=9))

    assert first.id == again.id != buried("steps", later).id
    assert first.time == SINCE
    assert buried("steps", later).reason == "no reason is known"


def test_what_others_wrote_is_cut():
    subject = "x" * 100_000
    job = ShowCard(id="s", stream=LOAN, card="release", subject=subject)
    event = buried("cards", letter(encode(job), reason=subject))

    assert len(event.about) == len(event.reason) == LONGEST
