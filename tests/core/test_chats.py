"""A conversation's name says on which surface it is; what is on none is never dropped in silence."""

import pytest

from core.card import Card, Text
from core.chats import Chats, place
from core.errors import SettingsError
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
