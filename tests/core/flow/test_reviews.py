"""What the host of git is told is asked for when the gate has said something, and by a job."""

import pytest

from core.events.outside import PullRequestChanged
from core.flow.reviews import shown_instead
from core.jobs import ShowReview
from core.words import Step
from tests.core.story import BROKEN, CHECKED, FAILED, Story

[FOUND, *_] = BROKEN.checks


def opened(story: Story, commit: str) -> Story:
    return story.tell(
        PullRequestChanged(
            id=f"pr/{commit}", time=story.now, repository="r1", pull_request=7, creator="ada",
            source_branch="main", target_branch="main", commit=commit,
        )
    )  # fmt: skip


def looked_at(story: Story) -> list[str]:
    return [job.release for job in story.decision.jobs if isinstance(job, ShowReview)]


ASKED = {
    "the quick checks": lambda: Story().push(1).report(FOUND, waiting=("lint",)),
    "the whole gate": lambda: Story().push(1).finish(Step.CHECK, BROKEN),
    "a gate that passed": lambda: Story().push(1).finish(Step.CHECK, CHECKED),
    "a gate that could not be run": lambda: Story().push(1).finish(Step.CHECK, FAILED),
    "a gate that is stuck": lambda: Story().push(1).bury(),
    "a newer push before the gate had answered": lambda: Story().push(1).push(2),
    "a branch that was deleted": lambda: Story().push(1).delete_branch(2),
    "a pull request that brings the commit": lambda: opened(
        Story().push(1).finish(Step.CHECK, CHECKED), f"{1:040x}"
    ),
}
NOT_ASKED = {
    "a push": lambda: Story().push(1),
    "a step behind the gate": lambda: Story().push(1).to_acceptance(),
    "a newer push after the gate had answered": lambda: (
        Story().push(1).finish(Step.CHECK, CHECKED).push(2)
    ),
    "a pull request of a commit that nobody pushed": lambda: opened(Story().push(1), "f" * 40),
}


@pytest.mark.parametrize("story", ASKED)
def test_one_look_follows_in_a_lane_of_its_own(story):
    decision = ASKED[story]().decision

    assert [(job.release, job.lane) for job in decision.jobs if isinstance(job, ShowReview)] == [
        ("loan-1", "reviews")
    ]


@pytest.mark.parametrize("story", NOT_ASKED)
def test_what_changes_nothing_there_asks_for_no_look(story):
    assert looked_at(NOT_ASKED[story]()) == []


def test_each_event_asks_for_a_look_of_its_own():
    story = Story().push(1).report(FOUND, waiting=("lint",))
    first = story.decision.jobs
    story.finish(Step.CHECK, BROKEN)

    ids = [job.id for job in (*first, *story.decision.jobs) if isinstance(job, ShowReview)]
    assert len(set(ids)) == 2


def test_of_one_commit_the_newest_release_has_the_word():
    story = Story().push(1)
    again = story.events[0].__class__(
        id="ado/r1/2/refs/heads/other", time=story.now, repository="r1", branch="other",
        commit=f"{1:040x}", pusher="ada", push_id=2,
    )  # fmt: skip
    story.tell(again)

    assert shown_instead(story.model, "loan-1").id == "loan-2"
    assert shown_instead(story.model, "nobody-1") is None
