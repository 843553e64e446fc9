"""A call of a check is a reason to look, and once more the same answer for what was decided."""

from datetime import UTC, datetime

import pytest

from core.checkpoint import CheckpointKind, CheckpointState, SeenCheckpoint, checkpoint_id
from core.events.outside import CheckCalled
from core.events.workers import CheckpointSeen
from core.jobs import AnswerCheckpoint, Lane, ReadCheckpoint
from tests.core.pipeline_story import PROJECT, RUN, PipelineStory
from tests.core.story import EVE

SINCE = datetime(2026, 12, 1, 9, tzinfo=UTC)
NAME = checkpoint_id(CheckpointKind.CHECK, PROJECT, "checks/plan/job/task")


class CheckStory(PipelineStory):
    def called(self, check: str = NAME) -> "CheckStory":
        event = CheckCalled(id=self.next_id("ado/called"), time=self.now, check=check)
        self.tell(event)
        return self

    def read(self, state: CheckpointState = CheckpointState.PENDING, **fields) -> "CheckStory":
        seen = SeenCheckpoint(
            id=NAME, kind=CheckpointKind.CHECK, run=RUN, state=state, since=SINCE, **fields
        )
        self.tell(
            CheckpointSeen(
                id=self.next_id("seen"), time=self.now, seen=seen, contributors=self.contributors
            )
        )
        return self

    @property
    def job(self) -> ReadCheckpoint | AnswerCheckpoint:
        [job] = self.decision.jobs
        assert isinstance(job, ReadCheckpoint | AnswerCheckpoint)
        return job


@pytest.fixture
def story() -> CheckStory:
    return CheckStory()


def test_a_call_is_a_reason_to_look_and_is_believed_in_nothing(story):
    job = story.called().job
    assert isinstance(job, ReadCheckpoint)
    assert (job.checkpoint, job.lane, job.stream) == (NAME, Lane.REVIEWS, "platform")
    assert (story.desk.checkpoints, story.desk.strays) == ({}, 0)


def test_each_call_is_a_look_of_its_own_and_no_second_card(story):
    first, second = story.called().job, story.called().job
    assert first.id != second.id
    assert story.read().decision.cards
    assert story.read().decision.cards == ()
    story.called()
    assert (story.decision.jobs, story.decision.cards) == ((), ())
    assert len(story.desk.checkpoints) == 1


def test_a_call_after_the_decision_gets_the_same_answer(story):
    story.called().read().say(EVE)
    assert isinstance(story.job, AnswerCheckpoint)
    assert not story.job.is_repeated
    story.read(CheckpointState.APPROVED, our_answer=True)
    again = story.called().job
    assert isinstance(again, AnswerCheckpoint)
    assert again.is_repeated
    assert story.checkpoint.decision is not None
    assert story.decision.cards == ()


def test_a_call_for_what_was_cancelled_is_read_again(story):
    story.called().read().read(CheckpointState.CANCELLED)
    assert isinstance(story.called().job, ReadCheckpoint)


@pytest.mark.parametrize("check", ["", f"approval/{PROJECT}/a1", "checks/x", "anything"])
def test_a_call_that_names_no_check_leads_to_nothing(story, check):
    assert story.called(check).derived == ["EventIgnored"]
    assert story.decision.jobs == ()
