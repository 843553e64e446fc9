"""What the gate has said so far is part of the state, until the whole answer takes its place."""

import msgspec
import pytest

from core.flow.decision import CardRef
from core.release.state import State
from core.words import Step
from tests.core.story import BROKEN, FAILED, Story

[FOUND, *_] = BROKEN.checks
QUICK = msgspec.structs.replace(FOUND, is_preview=True)


def test_quick_answers_move_nothing_but_the_card():
    story = Story().push(1).report(QUICK, waiting=("lint",))

    assert story.release.checks == (QUICK,)
    assert story.release.waiting == ("lint",)
    assert story.release.state is State.CHECKING
    assert story.derived == []
    assert story.decision.cards == (CardRef("release", "loan-1"),)


def test_the_whole_answer_takes_the_place_of_the_quick_ones():
    story = Story().push(1).report(QUICK, waiting=("lint",)).finish(Step.CHECK, BROKEN)

    assert story.release.checks == BROKEN.checks
    assert story.release.waiting == ()


def test_quick_answers_that_come_late_or_of_another_attempt_change_nothing():
    done = Story().push(1).finish(Step.CHECK, BROKEN)
    before = done.release
    assert done.report(QUICK).release == before

    again = Story().push(1).finish(Step.CHECK, FAILED).retry()
    before = again.release
    assert again.report(QUICK, attempt=1).release == before


@pytest.mark.parametrize("end", [lambda story: story.push(2), Story.bury], ids=["newer", "stuck"])
def test_of_a_gate_that_goes_no_further_nothing_runs_still(end):
    story = end(Story().push(1).report(QUICK, waiting=("lint",)))
    ended = story.model.releases["loan-1"]
    assert (ended.waiting, ended.checks) == ((), (QUICK,))

    story.tell(msgspec.structs.replace(story.events[3], id="late", checks=(), waiting=("tests",)))
    assert story.model.releases["loan-1"] == ended


def test_a_gate_that_failed_leaves_no_quick_answers_behind():
    story = Story().push(1).report(QUICK, waiting=("lint",)).finish(Step.CHECK, FAILED)

    assert story.release.checks == ()
