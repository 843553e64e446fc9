"""The cards that an event makes untrue, though it happened to another release, are drawn again."""

import pytest

from core.contributors import Contributor, Contributors, Part
from core.release.state import StepEnd
from core.words import PersonId, Stage, Step
from tests.core.story import ADA, BEN, BROKEN, CHECKED, EVE, FAILED, Story

ADAS = Contributors(
    found=(Contributor(name="ada", part=Part.AUTHOR, commit="5" * 40, person=PersonId("ada")),)
)


def placed(story: Story, number: int, *stages: Stage) -> Story:
    story.push(number).to_registered(str(number))
    for stage in stages:
        story.promoted(stage)
    return story


def cards(story: Story) -> set[tuple[str, str]]:
    return {(each.card, each.subject) for each in story.decision.cards}


def approval(story: Story, release: str, stage: Stage) -> tuple[str, str]:
    return "approval", story.model.releases[release].promotion_to(stage).approval


def in_production(*numbers: int) -> Story:
    story = Story()
    for number in numbers:
        placed(story, number, Stage.QA, Stage.PROD)
    return story


def test_who_loses_a_stage_is_drawn_again_with_the_approval_that_brought_it_there():
    story = in_production(1, 2)

    assert {("release", "loan-1"), approval(story, "loan-1", Stage.PROD)} <= cards(story)
    left = story.model.releases["loan-1"].left[Stage.PROD]
    assert (left.version, left.release) == ("2", "loan-2")


def test_what_was_displaced_before_is_left_alone():
    """However many releases there were: those of the one before, and its own."""
    story = in_production(1, 2, 3, 4, 5)

    assert cards(story) == {
        ("release", "loan-4"), approval(story, "loan-4", Stage.QA),
        approval(story, "loan-4", Stage.PROD), ("release", "loan-5"),
        approval(story, "loan-5", Stage.QA), approval(story, "loan-5", Stage.PROD),
    }  # fmt: skip


@pytest.mark.parametrize("stage", [Stage.QA, Stage.PROD])
@pytest.mark.parametrize("found", ["", "7"])
def test_a_stage_moved_by_hand_draws_the_one_that_lost_it_and_the_one_that_has_it_again(
    stage, found
):
    story = in_production(1)
    held = {Stage.QA: "1", Stage.PROD: "1"}
    story.observe(**{str(each): version for each, version in (held | {stage: found}).items()})
    [outside] = [subject for card, subject in cards(story) if card == "registry"]
    assert ("release", "loan-1") in cards(story)
    assert story.model.releases["loan-1"].left[stage].version == found

    story.observe(QA="1", PROD="1")
    assert {("release", "loan-1"), ("registry", outside)} <= cards(story)


def open_beside_production() -> Story:
    """One release in production, another that waits for its acceptance."""
    return in_production(1).push(2).to_acceptance()


def test_a_new_champion_draws_the_question_that_is_open():
    story = open_beside_production().observe(QA="1", PROD="")

    assert {("acceptance", "loan-2"), ("release", "loan-2")} <= cards(story)


def test_a_request_that_bars_others_draws_their_cards():
    story = in_production(1)
    placed(placed(story, 2, Stage.QA), 3, Stage.QA)
    assert ("release", "loan-2") in cards(story.request(Stage.PROD))


def test_a_base_that_people_agree_to_is_told_on_the_cards_that_are_open():
    story = open_beside_production()
    story.contributors = ADAS
    story.propose_base(ADA).decide_base(BEN)

    assert {("acceptance", "loan-2"), ("release", "loan-2")} <= cards(story)


def test_who_goes_on_is_no_longer_called_stuck():
    assert ("problem", "loan-1") in cards(Story().push(1).bury().push(2))


def test_an_approval_says_that_its_promotion_has_failed():
    story = placed(Story(), 1).request(Stage.QA).approve(EVE)

    story.finish(Step.PROMOTE, FAILED, stage=Stage.QA)

    assert approval(story, "loan-1", Stage.QA) in cards(story)


def test_most_events_reach_no_other_release():
    story = in_production(1).push(2)

    assert cards(story.finish(Step.CHECK, CHECKED)) == {("release", "loan-2")}


def test_a_late_result_is_told_on_the_card_of_what_has_ended():
    story = Story().push(1).push(2).finish(Step.CHECK, BROKEN, release="loan-1")

    assert cards(story) == {("release", "loan-1")}


def test_figures_are_compared_anew_when_the_gate_is_done_with_an_older_one_only_now():
    story = Story().push(1).push(2, branch="topic").push(3, branch="more").push(4, branch="most")
    for release in ("loan-4", "loan-3"):
        story.finish(Step.CHECK, BROKEN, release=release)
    assert cards(story) == {("release", "loan-3"), ("release", "loan-4")}

    story.finish(Step.CHECK, BROKEN, release="loan-1")
    assert cards(story) == {("release", "loan-1"), ("release", "loan-3")}


def promoting() -> Story:
    return placed(Story(), 1).request(Stage.QA).approve(EVE)


ENDS = {
    "done": (lambda: Story().push(1).finish(Step.CHECK, CHECKED), "check", StepEnd.DONE),
    "blocked": (lambda: Story().push(1).finish(Step.CHECK, BROKEN), "check", StepEnd.BLOCKED),
    "blocked, then superseded": (
        lambda: Story().push(1).finish(Step.CHECK, BROKEN).push(2), "check", StepEnd.BLOCKED,
    ),
    "failed, then superseded": (
        lambda: Story().push(1).finish(Step.CHECK, FAILED).push(2), "check", StepEnd.FAILED,
    ),
    "superseded while it ran": (lambda: Story().push(1).push(2), "check", StepEnd.CANCELLED),
    "superseded while it was stuck": (
        lambda: Story().push(1).bury().push(2), "check", StepEnd.STUCK,
    ),
    "stuck, then given up": (
        lambda: promoting().bury().give_up(Stage.QA), "promote/QA", StepEnd.STUCK,
    ),
    "failed, then given up": (
        lambda: promoting().finish(Step.PROMOTE, FAILED, stage=Stage.QA).give_up(Stage.QA),
        "promote/QA", StepEnd.FAILED,
    ),
    "stuck, then sent again": (
        lambda: Story().push(1).bury().finish(Step.CHECK, CHECKED), "check", StepEnd.DONE,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("story", "step", "ended"), ENDS.values(), ids=ENDS)
def test_how_a_step_ended_is_kept_whatever_becomes_of_its_release(story, step, ended):
    release = story().model.releases["loan-1"]

    assert release.steps[step].ended is ended
