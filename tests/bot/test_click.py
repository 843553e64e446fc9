"""A press of a button finds its function, and only one."""

import pytest

from bot.click import Click, Clicks
from core.errors import UnknownNameError
from core.people import Person
from core.words import PersonId

ANNA = Person(id=PersonId("anna"), name="Anna")


def a_click(verb):
    return Click(id="1", person=ANNA, verb=verb, data={"approval": "a1"})


def approving():
    clicks: Clicks[str] = Clicks()

    @clicks.on("approval.approve")
    def approve(click):
        return f"{click.person.name} approves {click.data['approval']}"

    return clicks


def test_a_verb_finds_its_function():
    assert approving().answer(a_click("approval.approve")) == "Anna approves a1"


def test_the_button_of_an_old_card_is_unknown_and_changes_nothing():
    with pytest.raises(UnknownNameError, match=r"no button called 'approval\.gone'"):
        approving().answer(a_click("approval.gone"))


def test_all_the_cards_together_know_each_verb_once():
    together: Clicks[str] = Clicks()
    together.include([approving()])

    assert list(together.verbs) == ["approval.approve"]
    with pytest.raises(ValueError, match="taken"):
        together.include([approving()])
