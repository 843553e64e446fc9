"""The platform team reads that the host of git slows Sluss down, and what helps."""

import pytest

from core.errors import UnknownNameError
from core.events.desk import HostSlowed
from core.origin import EventOrigin
from core.words import PLATFORM
from tests.bot.views import words
from tests.bot.world import NOW, World


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path, {"platform": "gbi room", "*": "general"})
    yield made
    await made.store.close()


async def test_it_says_how_long_and_what_to_do(world):
    event = HostSlowed(id="slowed/2026-01-05", time=NOW, seconds=140, minutes=5)
    await world.handle(event, EventOrigin.WORKER)
    card = (await world.show_cards()).the("")

    assert world.room.conversations() == ["gbi room"]
    assert "140 seconds of 5 minutes" in words(card)
    assert "An identity of its own" in words(card)


async def test_there_is_no_card_of_what_never_was(world):
    with pytest.raises(UnknownNameError):
        await world.show.face("slowed", "slowed/2026-01-05", PLATFORM)
