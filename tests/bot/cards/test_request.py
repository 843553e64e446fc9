"""The form that asks for a stage."""

import pytest

from bot.cards import request
from core.card import TextInput
from core.errors import UnknownNameError
from core.events.people import StageRequested
from core.policy import Policy
from core.words import Stage
from tests.bot.views import NAMED, in_production, press, request_view, titles, verdict, words
from tests.core.story import ADA, Story


def card_of(story: Story, stage: Stage = Stage.QA):
    return request.render(request_view(story, stage))


def test_the_form_asks_for_purpose_and_expected_outcome():
    card = card_of(Story().push(1).to_registered("1", NAMED))

    inputs = [part for part in card.body if isinstance(part, TextInput)]
    assert [part.id for part in inputs] == ["purpose", "expected_outcome"]
    assert all(part.is_required for part in inputs)
    assert "Another person decides: a member of approvers." in words(card)


def test_the_fall_back_of_an_empty_stage_is_none():
    assert "Fall-back: none: nothing holds it yet" in words(
        card_of(Story().push(1).to_registered("1", NAMED))
    )


def test_the_fall_back_is_what_the_stage_holds():
    story = in_production().push(2).to_registered("2", NAMED)

    assert "Fall-back: version 1 (loan-1), there since 2026-01-05 08:09 UTC" in words(
        card_of(story)
    )


def test_the_form_is_for_the_person_who_asks_alone():
    assert card_of(Story().push(1).to_registered("1", NAMED)).is_private


def test_sending_it_makes_the_request():
    story = Story().push(1).to_registered("1", NAMED)
    click = press(
        card_of(story), "Send request for QA", ADA, press_id="c1",
        purpose="refit", expected_outcome="fewer losses",
    )  # fmt: skip

    assert request.send(click)(time=story.now) == StageRequested(
        id="request/loan-1/QA/ada/c1", time=story.now, release="loan-1", stage=Stage.QA,
        by=ADA, purpose="refit", expected_outcome="fewer losses",
    )  # fmt: skip


def test_a_stage_that_does_not_exist_is_refused():
    story = Story().push(1).to_registered("1", NAMED)
    click = press(card_of(story), "Send request for QA", purpose="x", expected_outcome="y")
    click.data["stage"] = "MOON"

    with pytest.raises(UnknownNameError, match="Did you mean QA or PROD"):
        request.send(click)


def test_one_can_go_back_without_filling_it_in():
    card = card_of(Story().push(1).to_registered("1", NAMED))

    assert press(card, "Show the release").verb == "release.show"


def test_a_sent_request_says_who_decides():
    card = card_of(Story().push(1).to_registered("1", NAMED).request(Stage.QA))

    assert verdict(card).text == "QA is requested: a member of approvers decides"
    assert "Purpose: a better cut" in words(card)
    assert titles(card) == ["Withdraw", "Show the release"]


@pytest.mark.parametrize(
    ("story", "why"),
    [
        (Story().push(1), "loan-1 is checking: only a registered version can be promoted."),
        (Story().push(1).to_registered("1", NAMED), "PROD comes after QA: request QA first."),
        (in_production(), "loan-1 holds PROD already."),
    ],
    ids=["not registered", "out of order", "there already"],
)
def test_nobody_fills_in_a_form_in_vain(story, why):
    card = card_of(story, Stage.PROD)

    assert verdict(card).text == "PROD cannot be requested now"
    assert why in words(card)
    assert titles(card) == ["Show the release"]


def test_a_policy_without_approvers_is_said():
    story = Story(policy=Policy(approvers={})).push(1).to_registered("1", NAMED)

    assert "nobody (the policy names no group)" in words(card_of(story))


def test_a_request_that_is_no_longer_good_is_asked_for_anew_on_the_same_form():
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA)
    story.policy = Policy(approvers={"QA": ("risk",)})

    assert titles(card_of(story)) == ["Send request for QA", "Show the release"]
