"""A conversation's name says on which surface it is; what is on none is never dropped in silence."""

import asyncio

import pytest

from core.card import Card, Text
from core.chats import Chats, place
from core.errors import SettingsError, UnavailableError
from core.jobs import Lane
from sluss.wiring.engine import SLOTS
from tests.bot.world import Room

CARD = Card(summary="Version 1 waits", body=(Text("Version 1 waits"),))


@pytest.fixture
def rooms():
    return {"teams": Room(), "slack": Room()}


@pytest.fixture
def chats(rooms):
    return Chats(rooms, default="teams")


PLACES = {
    "general": ("", "general"),
    "credit room": ("", "credit room"),
    "@8a1f": ("", "@8a1f"),
    "19:abc@thread.tacv2": ("", "19:abc@thread.tacv2"),
    "a:17": ("", "a:17"),
    "slack:risk": ("slack", "risk"),
    "teams:19:abc@thread.tacv2": ("teams", "19:abc@thread.tacv2"),
    "slack:": ("", "slack:"),
}


@pytest.mark.parametrize(("name", "found"), PLACES.items(), ids=PLACES)
def test_a_name_says_its_surface_or_none(name, found):
    assert place(name) == found


@pytest.mark.parametrize(
    ("conversation", "surface", "name"),
    [
        ("general", "teams", "general"),
        ("19:abc@thread.tacv2", "teams", "19:abc@thread.tacv2"),
        ("teams:general", "teams", "general"),
        ("slack:risk", "slack", "risk"),
    ],
)
async def test_a_card_is_posted_and_updated_on_the_surface_of_its_conversation(
    chats, rooms, conversation, surface, name
):
    activity = await chats.post(conversation, CARD)
    await chats.update(conversation, activity, CARD)

    assert rooms[surface].conversations() == [name]
    assert {key: room.updates for key, room in rooms.items() if room.updates} == {surface: 1}


async def test_a_surface_that_nobody_serves_is_named_and_nothing_is_shown(chats, rooms):
    for ask in (chats.post("irc:risk", CARD), chats.update("irc:risk", "activity-1", CARD)):
        with pytest.raises(
            SettingsError, match=r"'irc:risk' is on 'irc'.*slack and teams.*no card"
        ):
            await ask
    assert not any(room.cards for room in rooms.values())


def test_conversations_are_checked_before_there_is_a_card(chats):
    chats.check(["general", "slack:risk"])
    with pytest.raises(SettingsError, match=r"platform\.yml"):
        chats.check(["general", "irc:risk"])


class Mute:
    """A chat that takes cards, and answers when it is told to."""

    def __init__(self):
        self.asked = []
        self.answers = asyncio.Event()

    async def post(self, conversation, card):
        self.asked.append(conversation)
        if conversation == "mute":
            await self.answers.wait()
        return "activity-1"

    async def update(self, conversation, activity, card):
        await self.post(conversation, card)


@pytest.fixture
def mute():
    return Mute()


def outcomes(results):
    return ["later" if isinstance(each, UnavailableError) else each for each in results]


async def test_a_conversation_that_never_answers_has_some_seconds(mute):
    chats = Chats({"teams": mute}, default="teams", answer_s=0.05)

    for ask in (chats.post("mute", CARD), chats.update("mute", "activity-1", CARD)):
        with pytest.raises(UnavailableError, match=r"'mute' gave no answer within 0\.05 seconds"):
            await ask
    assert await chats.post("general", CARD) == "activity-1"


async def test_of_the_slots_some_are_left_to_the_others(mute):
    chats = Chats({"teams": mute}, default="teams", answer_s=0.05)
    calls = [chats.post("mute", CARD) for _ in range(SLOTS[Lane.CARDS])]
    results = await asyncio.gather(*calls, return_exceptions=True)

    assert outcomes(results) == ["later"] * SLOTS[Lane.CARDS]
    assert 1 < len(mute.asked) < SLOTS[Lane.CARDS]


async def test_one_that_was_silent_gets_one_call_at_a_time_until_it_answers(mute):
    chats = Chats({"teams": mute}, default="teams", answer_s=0.05)
    with pytest.raises(UnavailableError):
        await chats.post("mute", CARD)
    mute.asked.clear()

    three = [chats.post("mute", CARD) for _ in range(3)]
    assert outcomes(await asyncio.gather(*three, return_exceptions=True)) == ["later"] * 3
    assert mute.asked == ["mute"]

    mute.answers.set()
    assert await chats.post("mute", CARD) == "activity-1"
    again = await asyncio.gather(*(chats.post("mute", CARD) for _ in range(3)))
    assert again == ["activity-1"] * 3
