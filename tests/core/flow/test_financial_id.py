"""Who pays for a model: answered by its team where its variables do not say it."""

import pytest

from core.flow.cards import CardRef
from core.policy import policy
from core.words import Step
from tests.core.story import ADA, BEN, EVE, OUT, PAID, UNPAID, Story


def asked(number: int = 1) -> Story:
    return Story().push(number).finish(Step.CHECK, UNPAID)


def test_an_answer_is_kept_with_the_model_and_who_gave_it():
    story = asked().give_financial_id("  CR-20417 ")
    assert story.derived == ["FinancialIdNoted"]
    assert story.decision.cards == (CardRef("release", "loan-1"),)
    kept = story.model.who_pays
    assert (kept.value, kept.by) == ("CR-20417", ADA)


def test_a_second_answer_takes_the_place_of_the_first():
    story = asked().give_financial_id("CR-20417").give_financial_id("CR-7777", by=BEN)
    assert (story.model.who_pays.value, story.model.who_pays.by) == ("CR-7777", BEN)


def test_the_next_release_that_does_not_say_it_shows_what_was_answered():
    story = asked().give_financial_id("CR-20417").push(2).finish(Step.CHECK, UNPAID)
    assert story.model.who_pays.value == "CR-20417"
    story.give_financial_id("CR-7777")
    assert story.decision.cards == (CardRef("release", "loan-2"),)


REFUSED = {
    "an outsider": ({"by": OUT}, "Only members of credit say who pays"),
    "an approver": ({"by": EVE}, "Only members of credit say who pays"),
    "nothing": ({"value": "  "}, "There is no answer yet"),
    "a placeholder": ({"value": "TODO"}, "it is a placeholder"),
    "another form": ({"value": "cr-1"}, "it does not have the bank's form"),
    "more than one line": ({"value": "CR-20417\nIMAGE: x"}, "it is no valid name"),
    "the example": ({"value": "DEMO-0000"}, "is the example of a new repository"),
}


@pytest.mark.parametrize(("given", "why"), REFUSED.values(), ids=REFUSED)
def test_an_answer_is_refused_and_nothing_is_kept(given, why):
    story = asked().give_financial_id(**given)
    assert why in story.refusal
    assert "Nothing was" in story.refusal
    assert story.model.who_pays is None


def test_the_form_is_the_banks():
    story = Story(policy=policy({"rules": {"financial_id": "K[0-9]{3}"}}))
    story.push(1).finish(Step.CHECK, UNPAID)
    assert "in the form K[0-9]{3}" in story.give_financial_id("CR-20417").refusal
    assert story.give_financial_id("K123").refusal == ""


def test_nobody_answers_before_the_gate_has_looked():
    assert "has not looked yet" in Story().push(1).give_financial_id().refusal


def test_nobody_answers_where_the_variables_say_it():
    paid = Story().push(1).finish(Step.CHECK, PAID)
    assert "nobody has to be asked" in paid.give_financial_id().refusal


def test_nobody_answers_for_a_release_that_is_over():
    story = asked().push(2)
    assert "does not ask who pays any more" in story.give_financial_id(release="loan-1").refusal
