"""A comment in a pull request of ours becomes the job to read and answer it, and nothing else."""

from datetime import UTC, datetime

import msgspec
import pytest

from core.events.outside import PullRequestCommented
from core.flow import decide
from core.jobs import AnswerComment, Lane
from tests.core.story import Story

SAID = PullRequestCommented(
    id="ado/r1/pr/7/thread/5/comment/2", time=datetime(2026, 2, 3, tzinfo=UTC), repository="r1",
    pull_request=7, thread=5, comment=2, author="ada", text="/sluss retry",
)  # fmt: skip


def test_it_is_read_and_answered_by_a_job_of_the_lane_for_the_host():
    story = Story().push(1).tell(SAID)
    job = AnswerComment(
        id=f"answer/{SAID.id}", stream="loan", repository="r1", pull_request=7, thread=5, comment=2
    )
    assert story.decision.jobs == (job,)
    assert job.lane is Lane.REVIEWS
    assert story.derived == []


def test_what_a_delivery_says_was_written_decides_nothing():
    before = Story().push(1)
    after = Story().push(1).tell(msgspec.structs.replace(SAID, text="/sluss approve"))
    assert msgspec.structs.replace(after.model, version=0) == msgspec.structs.replace(
        before.model, version=0
    )


@pytest.mark.parametrize("missing", ["pull_request", "thread", "comment"])
def test_where_it_is_not_told_where_it_is_nobody_can_read_it(missing):
    story = Story().push(1).tell(msgspec.structs.replace(SAID, **{missing: 0}))
    assert story.decision.jobs == ()
    assert "nobody can read it" in story.decision.events[0].reason


def test_on_a_repository_that_we_do_not_know_it_gets_no_answer():
    story = Story()
    context = msgspec.structs.replace(story.context, repository=None)
    decision = decide(story.model, SAID, context)
    assert decision.jobs == ()
    assert "unknown repository r1" in decision.events[0].reason
