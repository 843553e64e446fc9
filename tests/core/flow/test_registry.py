"""The registry was read: what we moved ourselves is no news, and what somebody else moved always is."""

import pytest

from core.events.outside import RegistryHinted
from core.jobs import CancelStep, ObserveRegistry
from core.release.state import State
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


def changes(story: Story) -> list[str]:
    """What was found; that a release lost its stage is told beside it."""
    return [name for name in story.derived if name != "StageLeft"]


def test_a_stage_moved_outside_is_noticed_once():
    story = on_qa().observe(QA="7")
    assert changes(story) == ["RegistryChangedOutside"]

    assert story.observe(QA="7").derived == []


@pytest.mark.parametrize("found", ["7", ""])
def test_a_stage_that_was_moved_back_is_noticed_again(found):
    story = on_qa().observe(QA=found).observe(QA="1")
    assert changes(story) == ["RegistryChangedOutside"]
    assert story.model.held(Stage.QA) == "1"


def test_after_a_fall_back_contributors_are_counted_since_what_holds_the_stage_now():
    story = on_qa().push(2).to_registered("2").promoted(Stage.QA)
    older, newer = (each.commit for each in story.model.releases.values())
    assert story.model.bases[Stage.QA] == newer
    assert story.observe(QA="1").model.bases[Stage.QA] == older
    assert story.observe(QA="2").model.bases[Stage.QA] == older


def test_what_was_moved_by_hand_and_never_approved_is_no_base():
    story = on_qa().push(2).to_registered("2").observe(QA="2")
    assert story.model.bases[Stage.QA] == story.model.releases["loan-1"].commit


def test_our_own_promotion_seen_early_is_no_change_from_outside():
    assert promoting().observe(QA="1").derived == []


def test_a_version_that_is_not_ours_is_noticed_while_we_promote():
    assert changes(promoting().observe(QA="7")) == ["RegistryChangedOutside"]


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
    assert changes(story.observe(QA="7")) == ["RegistryChangedOutside"]


@pytest.mark.parametrize("end", [FAILED, VOID])
def test_a_promotion_that_came_to_nothing_is_followed_by_a_reading(end):
    assert observations(promoting().finish(Step.PROMOTE, end, stage=Stage.QA))


AT_REST = {
    "failed": lambda: promoting().finish(Step.PROMOTE, FAILED, stage=Stage.QA),
    "stuck": lambda: promoting().bury(),
    "undecided": lambda: Story().push(1).to_registered().request(Stage.QA),
}


@pytest.mark.parametrize("found", ["1", "7"])
@pytest.mark.parametrize("at_rest", AT_REST.values(), ids=AT_REST)
def test_only_a_promotion_under_way_explains_a_move(at_rest, found):
    """Somebody moved the version by hand that failed, is stuck or was never approved."""
    story = at_rest().observe(QA=found)

    assert changes(story) == ["RegistryChangedOutside", "ApprovalVoided"]
    assert (story.release.state, story.model.held(Stage.QA)) == (State.REGISTERED, found)


def test_what_is_promoted_to_one_stage_explains_no_move_of_another():
    story = on_qa().request(Stage.PROD).approve(EVE).observe(QA="", PROD="1")

    assert changes(story) == ["RegistryChangedOutside"]
    assert story.model.held(Stage.QA) == ""


def test_a_void_approval_names_the_holder_before_and_after_on_its_card():
    story = on_qa().request(Stage.PROD).observe(QA="1", PROD="7")
    promotion = story.release.promotion_to(Stage.PROD)

    assert promotion.outcome == "void"
    assert "PROD was moved outside of a release: it held no version and holds version 7 now" in (
        promotion.comment
    )
    assert ("approval", promotion.approval) in {
        (card.card, card.subject) for card in story.decision.cards
    }


def test_a_change_of_one_stage_leaves_what_waits_for_another_standing():
    story = on_qa().request(Stage.PROD).observe(QA="7", PROD="")

    assert changes(story) == ["RegistryChangedOutside"]
    assert story.approve(EVE).release.state is State.PROMOTING


def test_both_stages_changed_at_once_are_both_told():
    assert changes(on_qa().observe(QA="7", PROD="8")) == ["RegistryChangedOutside"] * 2


def test_the_run_of_a_stuck_promotion_ends_with_its_approval():
    jobs = AT_REST["stuck"]().observe(QA="7").decision.jobs

    assert [type(job) for job in jobs] == [CancelStep]


def test_a_step_that_moves_nothing_is_followed_by_no_reading():
    assert observations(Story().push(1).finish(Step.CHECK, FAILED)) == []


def test_a_hint_in_another_spelling_lets_our_own_model_be_read():
    story = on_qa()
    hint = RegistryHinted(id="hint/1", time=story.now, model="Loan_Default", what="alias created")
    [reading] = observations(story.tell(hint))
    assert reading.model == "loan_default"


def test_a_stage_that_nobody_decides_about_is_not_judged():
    assert on_qa().observe(TST="7", QA="1").derived == []


def test_a_stage_that_holds_nothing_is_held_by_no_release():
    """Also not by a newer one that has no version yet: an older one asks for the stage again."""
    story = on_qa().push(2).observe(QA="")
    assert story.model.holders[Stage.QA].release == ""
    assert story.request(Stage.QA, release="loan-1").refusal == ""
