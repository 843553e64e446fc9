"""The card that asks the team to accept or reject an evaluated version."""

import pytest

from bot.cards import acceptance
from core.card import TextInput, Tone
from core.events.people import AcceptanceDecided
from core.policy import Policy
from core.results import Checked
from tests.bot.views import NAMED, found, in_production, press, titles, verdict, view, words
from tests.core.story import ADA, Story


def card_of(story: Story, release=None):
    return acceptance.render(view(story, release))


def test_a_first_version_has_nothing_to_be_compared_with():
    card = card_of(Story().push(1).to_acceptance(NAMED))

    assert verdict(card).text == "Nothing holds PROD yet: there is no champion to compare with"
    assert titles(card) == ["Accept loan-1", "Reject"]


def test_worse_metrics_are_the_verdict():
    card = card_of(in_production().push(2).to_acceptance(NAMED, auc=0.5))

    assert verdict(card).text == "1 of 1 metric worse than the champion"
    assert verdict(card).tone is Tone.BAD
    assert "auc | 0.5 | 0.7 | -0.2" in words(card)


def test_better_metrics_are_good_news():
    card = card_of(in_production().push(2).to_acceptance(NAMED, auc=0.8))

    assert verdict(card).text == "No metric is worse than the champion"
    assert verdict(card).tone is Tone.GOOD


def test_findings_that_only_warn_are_there_to_read():
    gate = Checked(checks=(found(2, "readme", 4),), model="loan_default", team="credit")

    card = card_of(Story().push(1).to_acceptance(gate))

    assert "2 findings of the gate" in words(card)
    assert "Accept loan-1" in titles(card)


def test_what_the_gate_blocks_cannot_be_accepted():
    policy = Policy(blocks={"run": 0, "acceptance": 1})
    gate = Checked(checks=(found(1),), model="loan_default", team="credit")

    card = card_of(Story(policy=policy).push(1).to_acceptance(gate))

    assert "The gate blocks acceptance: 1 finding to mend first (variables)." in words(card)
    assert titles(card) == ["Reject"]


def test_accepting_needs_no_words():
    story = Story().push(1).to_acceptance(NAMED)
    click = press(card_of(story), "Accept loan-1", ADA, press_id="c1")

    event = acceptance.accept(click)(time=story.now)

    assert event == AcceptanceDecided(
        id="acceptance/loan-1/ada/c1", time=story.now, release="loan-1", by=ADA, accepted=True
    )


def test_a_rejection_takes_its_reason_along():
    story = Story().push(1).to_acceptance(NAMED)
    click = press(card_of(story), "Reject", ADA, reason="  auc too low ")

    event = acceptance.reject(click)(time=story.now)

    assert event.accepted is False
    assert event.reason == "auc too low"


def test_an_accepted_card_names_who_and_has_no_buttons():
    card = card_of(Story().push(1).to_acceptance(NAMED).accept(ADA))

    assert verdict(card).text == "Accepted by Ada"
    assert titles(card) == []


def test_a_rejected_card_names_who_and_why():
    card = card_of(Story().push(1).to_acceptance(NAMED).accept(ADA, yes=False, reason="too low"))

    assert verdict(card).text == "Rejected by Ada: too low"
    assert titles(card) == []


def test_a_superseded_card_loses_its_buttons():
    story = Story().push(1).to_acceptance(NAMED)
    first = story.release.id
    story.push(2)

    card = card_of(story, story.model.releases[first])

    assert verdict(card).text == "Nothing to accept any more: superseded by loan-2"
    assert titles(card) == []


def test_a_card_shown_too_early_offers_nothing():
    card = card_of(Story().push(1))

    assert verdict(card).text == "Nothing to accept now: it is checking"
    assert titles(card) == []


NO_CHAMPION = {
    "never": (Story, "Nothing holds PROD yet: there is no champion to compare with"),
    "emptied": (
        lambda: in_production().observe(QA="1", PROD=""),
        "Compared with nothing: PROD holds nothing",
    ),
    "by hand": (
        lambda: in_production().observe(QA="1", PROD="7"),
        "Compared with nothing: PROD holds version 7, which no release is known for",
    ),
}


@pytest.mark.parametrize(("before", "said"), NO_CHAMPION.values(), ids=NO_CHAMPION)
def test_without_a_champion_it_says_what_production_holds(before, said):
    assert verdict(card_of(before().push(2).to_acceptance(NAMED))).text == said


def test_what_was_decided_shows_the_champion_of_then():
    story = in_production().push(2).to_acceptance(NAMED).accept(ADA)
    accepted = story.release
    story.observe(QA="1", PROD="")

    assert "Champion: loan-1" in words(acceptance.render(view(story, accepted)))


def test_a_rejection_is_asked_for_its_reason_and_an_acceptance_for_none():
    story = Story(is_local=True).push(1).to_acceptance(NAMED)
    card = card_of(story)

    assert not any(part.is_required for part in card.body if isinstance(part, TextInput))
    assert "Reason (needed to reject)" in words(card)
    assert "A rejection needs a reason" in story.accept(ADA, yes=False).refusal
