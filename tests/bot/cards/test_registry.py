"""The card of a stage that was changed outside of a release."""

import pytest

from bot.cards import registry
from bot.cards.registry import RegistryView
from core.events.derived import RegistryChangedOutside
from core.words import Stage
from tests.bot.views import NAMED, PAGES, in_production, verdict, words
from tests.core.story import Story


def card_of(story: Story, stage: Stage = Stage.PROD):
    change = next(
        event
        for event in story.events
        if isinstance(event, RegistryChangedOutside) and event.stage is stage
    )
    return registry.render(RegistryView(model=story.model, change=change, page_url=PAGES))


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ("7", "Found: version 7 (made by no release)"),
        ("", "Found: no version (the stage is empty)"),
    ],
)
def test_the_card_says_what_was_expected_and_what_was_found(held, found):
    card = card_of(in_production().observe(QA="1", PROD=held))

    assert verdict(card).text == "Changed outside of a release"
    assert "Expected: version 1" in words(card)
    assert found in words(card)
    assert "put version 1 back" in words(card)


def test_a_version_that_nobody_approved_for_the_stage_is_named():
    story = in_production().push(2).to_registered("2", NAMED).observe(QA="1", PROD="2")

    assert "Found: version 2 (loan-2, never approved for PROD)" in words(card_of(story))


def test_a_version_that_was_approved_before_names_by_whom():
    story = in_production().observe(QA="1", PROD="").observe(QA="1", PROD="1")
    change = [event for event in story.events if isinstance(event, RegistryChangedOutside)][-1]

    card = registry.render(RegistryView(model=story.model, change=change, page_url=PAGES))

    assert "Found: version 1 (loan-1, approved before by Eve)" in words(card)
    assert "take it off the stage" in words(card)
