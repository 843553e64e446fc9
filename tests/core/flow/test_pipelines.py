"""A pipeline that waits: hints are read, a person decides once, and the answer goes back."""

from datetime import UTC, datetime

import msgspec
import pytest

from core.checkpoint import PIPELINE_CARD, CheckpointState
from core.desk import KEPT_CLOSED
from core.events.outside import (
    ApprovalCompleted,
    ApprovalPending,
    RunStateChanged,
    StageStateChanged,
)
from core.flow.cards import CardRef
from core.jobs import AnswerCheckpoint, Lane, ReadCheckpoint
from tests.core.pipeline_story import PROJECT, RUN, PipelineStory, hands
from tests.core.story import ADA, BEN, EVE, OUT

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
NAME = f"approval/{PROJECT}/a1"
CARD = CardRef(PIPELINE_CARD, NAME)


def hint(kind=ApprovalPending, approval="a1"):
    return kind(id=f"ado/{PROJECT}/approval/{approval}/{kind.__name__}", time=NOW,
                project=PROJECT, approval=approval, environment="production")  # fmt: skip


def moved(kind=RunStateChanged, run=RUN.run, project=PROJECT, **fields):
    return kind(id=f"ado/{project}/run/{run}", time=NOW, project=project, run=run, **fields)


@pytest.fixture
def story():
    return PipelineStory()


@pytest.mark.parametrize("kind", [ApprovalPending, ApprovalCompleted])
def test_a_delivery_is_a_hint_to_read_and_believed_in_nothing(story, kind):
    story.tell(hint(kind))
    [job] = story.decision.jobs
    assert isinstance(job, ReadCheckpoint)
    assert (job.checkpoint, job.lane, job.stream) == (NAME, Lane.REVIEWS, "platform")
    assert story.desk.checkpoints == {}


def test_what_was_read_gets_a_card(story):
    story.waits()
    assert story.decision.cards == (CARD,)
    assert story.checkpoint.is_open
    assert story.checkpoint.contributors == hands("ada")


def test_the_same_once_more_moves_no_card(story):
    first = story.waits().checkpoint
    story.now = first.seen.since
    assert story.waits().decision.cards == ()


def test_what_was_over_when_it_was_first_read_has_no_card(story):
    story.seen(state=CheckpointState.APPROVED)
    assert story.decision.cards == ()


def test_a_late_reading_does_not_open_what_is_over(story):
    story.waits().seen(state=CheckpointState.REJECTED, closed_by="Stig").waits()
    assert story.checkpoint.seen.state == CheckpointState.REJECTED
    assert story.decision.cards == ()


def test_a_decision_becomes_an_answer_to_the_host(story):
    story.waits().say(EVE)
    assert story.derived == ["CheckpointDecided"]
    [job] = story.decision.jobs
    assert isinstance(job, AnswerCheckpoint)
    assert (job.checkpoint, job.lane) == (NAME, Lane.REVIEWS)
    assert story.decision.cards == (CARD,)
    [ruled] = story.decision.events
    assert (ruled.groups, ruled.contributors) == (("approvers",), hands("ada"))
    assert ruled.policy == story.policy.digest
    assert story.checkpoint.is_to_be_told


def test_who_may_not_is_refused_and_the_ledger_has_it(story):
    story.waits().say(OUT)
    assert story.derived == ["DecisionRefused"]
    assert story.decision.jobs == ()
    assert story.checkpoint.is_open


def test_a_second_press_of_the_same_person_is_a_repeat_and_of_another_a_refusal(story):
    story.waits().say(EVE).say(EVE)
    assert story.decision.refusal.is_repeat
    story.say(EVE, yes=False)
    assert not story.decision.refusal.is_repeat
    story.say(BEN)
    assert story.refusal.startswith("This was decided before: approved by Eve.")
    assert story.decision.jobs == ()


def test_the_host_has_taken_it(story):
    story.waits().say(EVE).seen(state=CheckpointState.APPROVED, our_answer=True, closed_by="Sluss")
    assert story.checkpoint.told is not None
    assert story.checkpoint.closed is not None
    assert story.decision.cards == (CARD,)
    assert story.desk.approved == {RUN.place: RUN.commit}


def test_the_host_may_wait_for_others_beside_us(story):
    story.waits().say(EVE).seen(our_answer=True)
    assert (story.checkpoint.told is not None, story.checkpoint.closed) == (True, None)
    assert not story.checkpoint.is_to_be_told


def test_decided_elsewhere_meanwhile_is_not_ours(story):
    story.waits().say(EVE).seen(state=CheckpointState.APPROVED, closed_by="Stig")
    assert (story.checkpoint.told, story.desk.approved) == (None, {})
    assert story.checkpoint.seen.closed_by == "Stig"


def test_another_answer_in_our_name_is_not_what_was_decided(story):
    story.waits().say(EVE).seen(our_answer=False)
    assert story.checkpoint.is_to_be_told


def test_a_rejection_is_nothing_to_count_from(story):
    story.waits().say(EVE, yes=False)
    story.seen(state=CheckpointState.REJECTED, our_answer=False)
    assert story.desk.approved == {}


def test_an_older_run_that_is_read_again_does_not_move_the_base_back(story):
    story.waits().say(EVE).seen(our_answer=True)
    newer = msgspec.structs.replace(RUN, run=2114, commit="c" * 40)
    story.seen(newer, name="a2").say(EVE, name=f"approval/{PROJECT}/a2")
    story.seen(newer, name="a2", our_answer=True)
    story.seen(our_answer=True, state=CheckpointState.APPROVED)
    assert story.desk.approved == {RUN.place: "c" * 40}


@pytest.mark.parametrize("change", [{"commit": "c" * 40}, {"environment": "test"}, {"run": 1}])
def test_a_decision_holds_for_what_was_shown_and_for_nothing_else(story, change):
    story.waits().say(EVE).waits(**change)
    assert story.checkpoint.is_open
    assert "changed since" in story.checkpoint.problem
    assert story.decision.cards == (CARD,)


def test_what_the_host_refuses_is_on_the_card_until_it_is_taken(story):
    story.waits().say(EVE).delay("the right is missing")
    assert story.checkpoint.problem == "the right is missing"
    assert story.decision.cards == (CARD,)
    story.seen(state=CheckpointState.APPROVED, our_answer=True)
    assert story.checkpoint.problem == ""


def test_a_delay_of_what_is_over_moves_nothing(story):
    story.waits().seen(state=CheckpointState.CANCELLED).delay("the right is missing")
    assert story.derived == ["EventIgnored"]


@pytest.mark.parametrize(
    ("event", "looks"),
    [
        (moved(state="completed", result="canceled"), [NAME]),
        (moved(StageStateChanged, stage="deploy"), [NAME]),
        (moved(run=1), []),
        (moved(project="other"), []),
    ],
)
def test_when_its_run_moves_what_waits_is_read_again(story, event, looks):
    story.waits().tell(event)
    assert [job.checkpoint for job in story.decision.jobs] == looks


def test_what_is_over_is_not_read_again(story):
    story.waits().seen(state=CheckpointState.CANCELLED)
    assert story.tell(moved()).decision.jobs == ()
    assert story.tell(hint()).derived == ["EventIgnored"]


def test_open_ones_stay_and_of_the_closed_only_the_last(story):
    story.waits()
    for number in range(KEPT_CLOSED + 5):
        story.seen(name=f"b{number}").seen(name=f"b{number}", state=CheckpointState.APPROVED)
    kept = [key.rpartition("/")[2] for key in story.desk.checkpoints]
    assert kept[0] == "a1"
    assert len(kept) == KEPT_CLOSED + 1
    assert "b4" not in kept
    assert "b5" in kept


def test_nobody_of_its_makers_can_by_any_name(story):
    story.contributors = hands("eve")
    assert story.waits().say(EVE).derived == ["DecisionRefused"]
    story.contributors = hands("ada")
    assert story.say(ADA).derived == ["DecisionRefused"]
