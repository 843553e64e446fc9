"""A button is shown exactly if the flow would accept its press by a person who may."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import CLICKS, acceptance, approval, problem, release
from bot.cards.approval import ApprovalView
from bot.cards.request import RequestView
from bot.cards.request import render as render_request
from core.conversation import Click
from core.flow import decide
from core.people import Person
from core.release.release import Release
from core.release.state import State
from core.words import Stage
from tests.bot.views import PAGES, view
from tests.core.authority.walks import APPROVER, TEAM_MATE, a_walk
from tests.core.story import Story

SEEDS = st.integers(0, 100_000)
STAGES = (Stage.QA, Stage.PROD)
WRITTEN = {
    "reason": "because",
    "financial_id": "CR-20417",
    "comment": "because",
    "purpose": "p",
    "expected_outcome": "e",
}


def is_accepted(story: Story, verb: str, person: Person, **data: str) -> bool:
    """Whether the flow takes the press; a button that the card lacks is pressed all the same."""
    click = Click(id="press", person=person, verb=verb, data={**data, **WRITTEN})
    draft = CLICKS.answer(click)
    assert draft is not None
    return decide(story.model, draft(time=story.now), story.context).refusal is None


def shown(story: Story, found: Release) -> set[tuple[str, ...]]:
    """The buttons of all the cards of a release, each as its verb and what it is about."""
    plain = view(story, found)
    fields = {"model": story.model, "release": found, "context": story.context, "page_url": PAGES}
    cards = [release.render(plain), acceptance.render(plain), problem.render(plain)]
    cards += [render_request(RequestView(**fields, stage=stage)) for stage in STAGES]
    cards += [
        approval.render(ApprovalView(**fields, promotion=asked))
        for asked in found.promotions.values()
    ]
    buttons = (button for card in cards for button in card.buttons)
    return {
        (button.verb, button.data.get("stage", "") or button.data.get("approval", ""))
        for button in buttons
    }


def pressed(story: Story, found: Release) -> Iterator[tuple[tuple[str, str], bool]]:
    """Everything that could be pressed, and whether the flow accepts it."""
    for verb in ("acceptance.accept", "acceptance.reject", "release.retry", "release.pay"):
        yield (verb, ""), is_accepted(story, verb, TEAM_MATE, release=found.id)
    for stage in STAGES:
        takes = is_accepted(story, "request.send", TEAM_MATE, release=found.id, stage=stage)
        yield ("request.open", stage), takes
        yield ("request.send", stage), takes
        yield from _freeing(story, found, stage)
    for key in found.promotions:
        for verb in ("approval.approve", "approval.reject"):
            yield (verb, key), is_accepted(story, verb, APPROVER, release=found.id, approval=key)


def _freeing(story: Story, found: Release, stage: Stage) -> Iterator[tuple[tuple[str, str], bool]]:
    """Whoever asked withdraws; where nobody can, the team gives up. A stuck one has a second card."""
    asked = found.promotion_to(stage)
    about = {"release": found.id, "stage": stage}
    who = asked.requester if asked else TEAM_MATE
    takes = is_accepted(story, "release.withdraw", who, **about)
    gives_up = is_accepted(story, "release.give_up", TEAM_MATE, **about)
    yield ("release.withdraw", stage), takes
    yield ("release.give_up", stage), gives_up and not takes
    yield ("problem.give_up", stage), gives_up and found.state is State.STUCK


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_a_button_is_shown_exactly_if_the_flow_accepts_its_press(seed):
    story = a_walk(seed)
    for found in story.model.releases.values():
        buttons = shown(story, found)
        for button, takes in pressed(story, found):
            assert (button in buttons) == takes, (found.id, found.state, button)
        is_stuck = found.state is State.STUCK
        assert (("problem.retry", "") in buttons) == is_stuck


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_every_button_that_decides_is_among_those(seed):
    story = a_walk(seed)
    for found in story.model.releases.values():
        known = {button for button, _ in pressed(story, found)}
        besides = {verb for verb, about in shown(story, found) if (verb, about) not in known}

        assert besides <= {"release.show", "problem.retry"}
