"""What a step does right now is part of the state, for as long as it runs."""

import pytest

from core.flow.decision import CardRef
from core.results import Ran
from core.words import Step
from tests.core.story import CHECKED, FAILED, Story


def training() -> Story:
    return Story().push(1).finish(Step.CHECK, CHECKED)


def test_a_note_moves_nothing_but_the_card():
    before = training()
    state = before.release.state
    story = before.progress(Step.TRAIN, "fetching 34 packages")

    assert story.release.steps["train"].note == "fetching 34 packages"
    assert story.release.state is state
    assert story.derived == []
    assert story.decision.cards == (CardRef("release", "loan-1"),)


@pytest.mark.parametrize(
    ("story", "attempt"),
    [
        (training().finish(Step.TRAIN, Ran(run="r")), 1),
        (training().finish(Step.TRAIN, FAILED).retry(), 1),
        (training(), 2),
        (training().bury(), 1),
    ],
    ids=["it has ended", "another attempt runs", "that attempt is not planned", "it is stuck"],
)
def test_a_late_note_changes_nothing(story, attempt):
    before = story.release
    story.progress(Step.TRAIN, "resolving the requirements", attempt=attempt)

    assert story.release == before


def test_a_new_attempt_begins_without_a_note():
    story = training().progress(Step.TRAIN, "fetching 34 packages").finish(Step.TRAIN, FAILED)

    assert story.retry().release.steps["train"].note == ""


def test_a_note_about_an_unknown_release_is_recorded_only():
    note = training().progress(Step.TRAIN, "fetching 34 packages").events[-1]
    story = Story().tell(note)

    assert story.model.releases == {}
    assert story.decision.cards == ()
