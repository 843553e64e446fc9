"""The registry was read: what we moved ourselves is no news, and what somebody else moved always is."""

import pytest

from core.events.outside import RegistryHinted
from core.jobs import ObserveRegistry
from core.results import Promoted
from core.words import Stage, Step
from tests.core.story import EVE, FAILED, VOID, Story

PLACED = Promoted(version="1", rows=5)


def on_qa() -> Story:
    return Story().push(1).to_registered().promoted(Stage.QA)


def promoting() -> Story:
    return Story().push(1).to_registered().request(Stage.QA).approve(EVE)


def observations(story: Story) -> list[ObserveRegistry]:
    return [job for job in story.decision.jobs if isinstance(job, ObserveRegistry)]


def test_a_stage_moved_outside_is_noticed_once():
    story = on_qa().observe(QA="7")
    assert story.derived == ["RegistryChangedOutside"]

    assert story.observe(QA="7").derived == []


@pytest.mark.parametrize("found", ["7", ""])
def test_a_stage_that_was_moved_back_is_noticed_again(found):
    story = on_qa().observe(QA=found).observe(QA="1")
    assert story.derived == ["RegistryChangedOutside"]
    assert story.model.held(Stage.QA) == "1"


def test_our_own_promotion_seen_early_is_no_change_from_outside():
    assert promoting().observe(QA="1").derived == []


def test_a_version_that_is_not_ours_is_noticed_while_we_promote():
    assert promoting().observe(QA="7").derived == ["RegistryChangedOutside"]


def test_what_was_read_before_our_placing_was_noted_is_no_change_from_outside():
    """Also where the clock of the worker that read is minutes ahead of the one that placed."""
    story = promoting()
    known = story.model.version
    story.finish(Step.PROMOTE, PLACED, stage=Stage.QA)

    assert story.observe(QA="", known=known).derived == []


def test_what_was_moved_while_we_promoted_is_seen_by_the_reading_after_it():
    story = promoting()
    known = story.model.version
    story.finish(Step.PROMOTE, PLACED, stage=Stage.QA)
    [reading] = observations(story)
    assert story.observe(QA="7", known=known).derived == []

    assert reading.model == "loan_default"
    assert story.observe(QA="7").derived == ["RegistryChangedOutside"]


@pytest.mark.parametrize("end", [FAILED, VOID])
def test_a_promotion_that_came_to_nothing_is_followed_by_a_reading(end):
    assert observations(promoting().finish(Step.PROMOTE, end, stage=Stage.QA))


def test_a_promotion_that_failed_half_way_is_no_change_from_outside():
    story = promoting().finish(Step.PROMOTE, FAILED, stage=Stage.QA)
    assert story.observe(QA="1").derived == []
    assert story.observe(QA="7").derived == ["RegistryChangedOutside"]


def test_a_step_that_moves_nothing_is_followed_by_no_reading():
    assert observations(Story().push(1).finish(Step.CHECK, FAILED)) == []


def test_a_hint_in_another_spelling_lets_our_own_model_be_read():
    story = on_qa()
    hint = RegistryHinted(id="hint/1", time=story.now, model="Loan_Default", what="alias created")
    [reading] = observations(story.tell(hint))
    assert reading.model == "loan_default"


def test_a_stage_that_nobody_decides_about_is_not_judged():
    assert on_qa().observe(TST="7", QA="1").derived == []
