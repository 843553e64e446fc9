"""Every state that a release can be in has its page, and its line in the list."""

import pytest

from core.release.state import RUNNING, State
from core.results import Ran
from core.words import Stage, Step
from tests.core.story import BROKEN, CHECKED, EVE, FAILED, Story


def pushed() -> Story:
    return Story().push(1)


def checked() -> Story:
    return pushed().finish(Step.CHECK, CHECKED)


def asked() -> Story:
    return pushed().to_registered().request(Stage.QA)


STORIES = {
    State.CHECKING: pushed(),
    State.CHECKED: Story().push(1, branch="try_it").finish(Step.CHECK, CHECKED),
    State.BLOCKED: pushed().finish(Step.CHECK, BROKEN),
    State.TRAINING: checked(),
    State.SCORING: checked().finish(Step.TRAIN, Ran(run="r")),
    State.EVALUATING: checked().finish(Step.TRAIN, Ran(run="r")).finish(Step.SCORE, Ran(run="r")),
    State.AWAITING_ACCEPTANCE: pushed().to_acceptance(),
    State.REGISTERING: pushed().to_acceptance().accept(),
    State.REGISTERED: pushed().to_registered(),
    State.AWAITING_APPROVAL: asked(),
    State.PROMOTING: asked().approve(EVE),
    State.PLACED: pushed().to_registered().promoted(Stage.QA),
    State.FAILED: checked().finish(Step.TRAIN, FAILED),
    State.STUCK: checked().bury(),
    State.REJECTED: pushed().to_acceptance().accept(yes=False, reason="too few rows"),
    State.SUPERSEDED: pushed().push(2),
}
REASONS = {
    State.BLOCKED: "1 finding to mend first (structure).",
    State.FAILED: "train() raised ValueError",
    State.STUCK: "The platform team has the dead letter",
    State.REJECTED: "Ada: too few rows",
    State.SUPERSEDED: "superseded by loan-2",
}


def test_no_state_is_left_out():
    assert set(STORIES) == set(State)


@pytest.mark.parametrize("state", STORIES)
async def test_page_and_list_say_where_it_is_and_why(pages, read, source, state):
    await pages.world.told(STORIES[state])
    status, text = await read("/releases/loan-1")

    assert status == 200
    assert f" {state} " in text.partition("Release loan-1")[0]
    assert REASONS.get(state, "") in text
    assert "Event chain" in text
    assert f" {state} " in (await read("/releases"))[1]
    looks_again = 'http-equiv="refresh"' in await source("/releases/loan-1")
    assert looks_again == (state in RUNNING)


async def test_what_a_step_does_right_now_stands_at_the_step(pages, read):
    await pages.world.told(checked().progress(Step.TRAIN, "fetching 34 packages"))
    _, text = await read("/releases/loan-1")

    assert "train TST 1 running fetching 34 packages" in text
