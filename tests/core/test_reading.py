"""What cards and pages read of a state: one champion, one set of deltas, one tone."""

import pytest

from core.card import Tone
from core.policy import Policy
from core.reading import champion_of, deltas, holder_name, holder_of, tone_of
from core.release.state import RUNNING, State
from core.words import Stage
from tests.core.story import Story


def in_production(story: Story, version: str) -> Story:
    story.to_registered(version).promoted(Stage.QA, version)
    return story.promoted(Stage.PROD, version)


def test_a_release_is_compared_with_what_holds_production():
    story = in_production(Story().push(1), "1").push(2).to_acceptance()

    assert champion_of(story.model, story.release).id == "loan-1"


def test_what_holds_production_is_compared_with_what_held_it_before():
    story = in_production(in_production(Story().push(1), "1").push(2), "2")

    assert story.model.champion.id == "loan-2"
    assert champion_of(story.model, story.release).id == "loan-1"


def test_the_first_in_production_has_nothing_to_be_compared_with():
    story = in_production(Story().push(1), "1")

    assert champion_of(story.model, story.release) is None


def test_a_version_that_came_from_outside_is_no_champion():
    story = in_production(Story().push(1), "1").observe(QA="1", PROD="7").push(2)

    assert champion_of(story.model, story.release) is None
    assert holder_name(story.model, holder_of(story.model, Stage.PROD)) == "version 7"


def test_a_stage_that_was_emptied_is_held_by_nobody():
    story = in_production(Story().push(1), "1").observe(QA="", PROD="1")

    assert holder_of(story.model, Stage.QA) is None
    held = holder_of(story.model, Stage.PROD)
    assert holder_name(story.model, held) == "version 1 (loan-1)"


def test_a_metric_that_went_is_told_and_not_compared():
    story = in_production(Story().push(1), "1").push(2)

    [went] = deltas(story.release, story.model.champion, Policy())

    assert (went.name, went.now, went.before, went.is_compared) == ("auc", None, 0.7, False)


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_tone_and_what_is_on_its_way_has_the_accent(state):
    on_its_way = state in RUNNING | {State.AWAITING_ACCEPTANCE, State.AWAITING_APPROVAL}

    assert (tone_of(state) is Tone.ACCENT) == on_its_way
