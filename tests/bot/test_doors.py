"""Presses that cannot count, are too long, too many, or came before: in words, and nothing more."""

import asyncio

import pytest

from bot.bot import Sluss
from bot.pace import A_MINUTE, Pace
from core.conversation import Click
from core.errors import RefusedError, UnknownNameError
from core.events.derived import DecisionRefused
from core.people import Person
from core.release.state import State
from core.typed_text import LONGEST
from core.words import PersonId
from tests.bot.test_bot import click, requested, the_card
from tests.bot.views import NAMED, press, verdict
from tests.bot.world import LOAN, World
from tests.core.story import ADA, BEN, EVE, OUT, Story


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


async def version(world: World) -> int:
    return (await world.handle.model(LOAN)).version


def approval(card, person=EVE, press_id="p", title="Approve loan-1 for QA", **typed) -> Click:
    return press(card, title, person, press_id=press_id, **typed)


async def test_a_press_without_an_id_is_refused_in_words(world):
    card, before = await requested(world), await version(world)

    with pytest.raises(RefusedError, match=r"without an id.*press the button again"):
        await world.bot.click(approval(card, press_id=""))

    assert await version(world) == before


@pytest.mark.parametrize("letters", [LONGEST + 1, 900_000])
async def test_a_text_that_is_too_long_is_refused_in_words(world, letters):
    card, before = await requested(world), await version(world)

    with pytest.raises(RefusedError, match=f"has {letters} letters, and 2000 is the most"):
        await world.bot.click(approval(card, comment="x" * letters))
    with pytest.raises(RefusedError, match="is the most"):
        await world.bot.message(ADA, "help " + "x" * letters, "credit room")

    assert await version(world) == before
    assert await world.bot.click(approval(card, comment="x" * LONGEST))


async def test_a_name_that_is_too_long_is_nobodys_and_not_told_back(world):
    await requested(world)
    data = {"release": "loan-1", "approval": "x" * 900_000}

    with pytest.raises(UnknownNameError, match="no approval called") as error:
        await world.bot.click(Click(id="p", person=EVE, verb="approval.show", data=data))

    assert len(str(error.value)) < 300


TYPED = {
    "half an emoji": ("good \ud83d", "good ?"),
    "a turned text": ("\u202eyes\u2066", "yes"),
    "control characters": ("a\x00b\x1b[31mc\x85", "ab[31mc"),
    "lines of every kind": ("a\r\nb\u2028c\rd", "a\nb\nc\nd"),
    "what cannot be seen": ("a\u200bb\ufeffc", "abc"),
    "what belongs there": ("Ærlig talt, 👍🏽 é\n1 < 2", "Ærlig talt, 👍🏽 é\n1 < 2"),
}


@pytest.mark.parametrize("kind", TYPED)
async def test_what_is_typed_is_kept_clean(world, kind):
    typed, kept = TYPED[kind]
    card = await requested(world)
    await world.bot.click(approval(card, title="Reject", comment=typed))

    (promotion,) = (await world.release()).promotions.values()
    assert promotion.comment == kept


@pytest.mark.parametrize("nothing", ["\u200b", " \u2060\n", "\u200d\u200c", "\u202e", "\t"])
async def test_a_reason_that_nobody_can_see_is_none(world, nothing):
    card = await requested(world)

    with pytest.raises(RefusedError, match="needs a reason"):
        await world.bot.click(approval(card, title="Reject", comment=nothing))


async def test_the_same_decision_under_another_id_is_a_repeat(world):
    card = await requested(world)
    first = await world.bot.click(approval(card, press_id="one"))
    before = await version(world)

    again = await world.bot.click(approval(card, press_id="two"))

    assert again == first
    assert await version(world) == before


async def test_the_same_decision_twice_at_once_is_one(world):
    card = await requested(world)
    twice = [world.bot.click(approval(card, press_id=name)) for name in ("one", "two")]
    first, second = await asyncio.gather(*twice)

    assert first == second
    assert verdict(first).text == "Approved by Eve: promoting to QA"
    (promotion,) = (await world.release()).promotions.values()
    assert len(promotion.votes) == 1


async def test_a_rejection_and_a_request_are_repeated_as_well(world):
    await world.told(Story().push(1).to_registered("1", NAMED))
    form = await click(world, await the_card(world), "Request QA", ADA)
    said = {"purpose": "refit", "expected_outcome": "fewer losses"}
    for name in ("one", "two"):
        await world.bot.click(press(form, "Send request for QA", ADA, press_id=name, **said))
    card = (await world.show_cards()).the("Approve loan-1 (loan_default version 1) for QA?")
    for name in ("three", "four"):
        await world.bot.click(approval(card, press_id=name, title="Reject", comment="no"))

    assert len((await world.release()).promotions) == 1
    refused = await world.store.load(LOAN, kinds=[DecisionRefused])
    assert refused == []


async def test_an_acceptance_is_repeated_whichever_it_was(world):
    await world.told(Story().push(1).to_acceptance(NAMED))
    card = (await world.show_cards()).the("loan-1 (loan_default): Nothing holds PROD yet")
    for name in ("one", "two"):
        title = "Reject release 1" if "Reject release 1" in str(card) else "Reject"
        await world.bot.click(press(card, title, ADA, press_id=name, reason="worse"))

    assert (await world.release()).state is State.REJECTED
    with pytest.raises(RefusedError):
        await world.bot.click(press(card, "Accept loan-1", ADA, press_id="three"))


async def test_another_decision_than_the_one_that_stands_is_refused(world):
    card = await requested(world)
    await world.bot.click(approval(card, press_id="one"))

    with pytest.raises(RefusedError, match="decided before: approved by Eve"):
        await world.bot.click(approval(card, press_id="two", title="Reject", comment="no"))
    with pytest.raises(RefusedError, match="decided before: approved by Eve"):
        await world.bot.click(approval(card, BEN, press_id="three"))


async def test_with_the_words_comes_the_newest_card(world):
    card = await requested(world)
    await world.bot.click(approval(card, press_id="one"))

    with pytest.raises(RefusedError) as error:
        await world.bot.click(approval(card, BEN, press_id="two"))

    assert verdict(error.value.newest).text == "Approved by Eve: promoting to QA"


async def test_a_card_that_still_has_the_button_is_left_alone(world):
    """Others may just be typing into it."""
    card = await requested(world)

    with pytest.raises(RefusedError) as error:
        await world.bot.click(approval(card, OUT))

    assert error.value.newest is None


async def test_a_refusal_that_is_told_again_and_again_is_one_row(world):
    card = await requested(world)
    for number in range(20):
        for person in (OUT, ADA):
            with pytest.raises(RefusedError):
                await world.bot.click(approval(card, person, press_id=f"{person.id}-{number}"))

    refused = await world.store.load(LOAN, kinds=[DecisionRefused])
    assert sorted(entry.event.by.id for entry in refused) == sorted([ADA.id, OUT.id])


async def test_once_something_has_happened_a_refusal_is_told_anew(world):
    card = await requested(world)
    for number in range(2):
        with pytest.raises(RefusedError):
            await world.bot.click(approval(card, OUT, press_id=f"out-{number}"))
        await world.told(Story().push(2 + number, branch=f"b{number}"))

    assert len(await world.store.load(LOAN, kinds=[DecisionRefused])) == 2


async def test_presses_of_one_person_are_limited_and_those_of_others_are_not(world):
    clock = Clock()
    bot = Sluss(world.bot.show.ports, Pace(clock=clock))
    card, before = await requested(world), await version(world)
    for _ in range(A_MINUTE):
        await bot.message(OUT, "help", "credit room")

    with pytest.raises(RefusedError, match=f"more than {A_MINUTE} presses and messages"):
        await bot.click(approval(card, OUT))
    assert await version(world) == before
    assert await bot.click(approval(card, EVE))

    clock.now += 1.01
    with pytest.raises(RefusedError, match="decided before"):
        await bot.click(approval(card, OUT))


def test_the_pace_forgets_who_has_rested():
    clock = Clock()
    pace = Pace(clock=clock)
    for number in range(5000):
        clock.now += 1
        pace.take(PersonId(str(number)))

    assert len(pace._full_at) < 1100


async def test_nobody_gets_around_the_pace_by_another_name(world):
    """The id counts, which the channel has verified."""
    bot = Sluss(world.bot.show.ports, Pace(2, clock=Clock()))
    for name in ("A", "B"):
        await bot.message(Person(id=PersonId("x"), name=name), "help", "room")

    with pytest.raises(RefusedError, match="wait"):
        await bot.message(Person(id=PersonId("x"), name="C"), "help", "room")
