"""The platform team reads what ails the service hooks, and that all are well again, on one card."""

from datetime import timedelta

import pytest

from core.card import Tone
from core.errors import UnknownNameError
from core.events.desk import HookTrouble, SubscriptionsChanged
from core.origin import EventOrigin
from core.words import PLATFORM, HookCondition
from tests.bot.views import verdict, words
from tests.bot.world import NOW, World

TITLE = "Service hooks of Azure DevOps"


def trouble(condition, hook="git.push", **more):
    return HookTrouble(project="lending", hook=hook, condition=condition, **more)


def changed(number, *troubles):
    return SubscriptionsChanged(
        id=f"subscriptions/{number}/x", time=NOW + timedelta(minutes=number), troubles=troubles
    )


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path, {"platform": "gbi room", "*": "general"})
    yield made
    await made.store.close()


async def tell(world, *events):
    for event in events:
        await world.handle(event, EventOrigin.WORKER)
        await world.show_cards()


@pytest.mark.parametrize(
    ("condition", "says", "tone"),
    [
        (HookCondition.RESTRICTED, "as soon as one delivery succeeds", Tone.WARN),
        (HookCondition.DISABLED_BY_SYSTEM, "sluss hooks repair", Tone.BAD),
        (HookCondition.DISABLED_BY_HAND, "until that person enables it", Tone.BAD),
        (HookCondition.MISSING, "sluss hooks repair", Tone.BAD),
    ],
)
async def test_it_says_what_ails_them_and_what_to_do(world, condition, says, tone):
    await tell(world, changed(1, trouble(condition)))
    card = world.room.the(TITLE)

    assert world.room.conversations() == ["gbi room"]
    assert verdict(card).tone is tone
    for said in ("lending", "git.push", says, "Nothing stays lost"):
        assert said in words(card)


async def test_what_was_replaced_asks_for_nothing(world):
    await tell(world, changed(1, trouble(HookCondition.CREATOR_LEFT, is_replaced=True)))
    card = world.room.the(TITLE)
    assert verdict(card).tone is Tone.WARN
    assert "a new one was made in its place" in words(card)
    assert "hooks repair" not in words(card)


async def test_an_incident_has_one_card_that_closes_itself_and_the_next_one_another(world):
    await tell(
        world,
        changed(1, trouble(HookCondition.RESTRICTED)),
        changed(2, trouble(HookCondition.RESTRICTED), trouble(HookCondition.MISSING, "x")),
        changed(3),
    )
    assert world.room.posts == 1
    card = world.room.the(TITLE)
    assert verdict(card).text == "All are well again"
    assert verdict(card).tone is Tone.GOOD
    assert "git.push" not in words(card)

    await tell(world, changed(4, trouble(HookCondition.RESTRICTED)))
    assert world.room.posts == 2
    first = await world.show.face("hooks", "subscriptions/1/x", PLATFORM)
    assert verdict(first.card).text == "All are well again"


async def test_the_same_troubles_once_more_draw_nothing(world):
    await tell(world, changed(1, trouble(HookCondition.RESTRICTED)))
    await tell(world, changed(2, trouble(HookCondition.RESTRICTED)))
    assert (world.room.posts, world.room.updates) == (1, 0)


async def test_many_troubles_are_cut_with_their_number(world):
    troubles = [trouble(HookCondition.MISSING, f"event{number}") for number in range(30)]
    await tell(world, changed(1, *troubles))
    assert "And 10 more." in words(world.room.the(TITLE))


async def test_there_is_no_card_of_what_never_was(world):
    with pytest.raises(UnknownNameError):
        await world.show.face("hooks", "subscriptions/9/x", PLATFORM)
