"""The platform team reads of a conversation that was heard of at another address."""

import pytest

from core.errors import UnknownNameError
from core.events.desk import ConversationMoved
from core.origin import EventOrigin
from core.words import PLATFORM
from tests.bot.views import titles, verdict, words
from tests.bot.world import NOW, World

MOVED = ConversationMoved(
    id="moved/1", time=NOW, conversation="19:approvals@thread.tacv2",
    old_host="smba.trafficmanager.net", new_host="smba.infra.gcc.teams.microsoft.com",
)  # fmt: skip


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path, {"platform": "gbi room", "*": "general"})
    yield made
    await made.store.close()


@pytest.mark.parametrize(
    ("is_in_force", "says", "because"),
    [(False, "It stays", "Nothing was changed"), (True, "It goes there now", "it is gone")],
)
async def test_it_names_both_hosts_and_what_holds(world, is_in_force, says, because):
    event = ConversationMoved(
        **{**{f: getattr(MOVED, f) for f in MOVED.__struct_fields__}, "is_in_force": is_in_force}
    )
    await world.handle(event, EventOrigin.CHAT)
    card = (await world.show_cards()).the("A conversation has another address")

    assert world.room.conversations() == ["gbi room"]
    assert verdict(card).text == says
    for said in (MOVED.conversation, MOVED.old_host, MOVED.new_host, because):
        assert said in words(card)
    assert titles(card) == []


async def test_the_same_once_more_is_known(world):
    for _ in range(3):
        await world.handle(MOVED, EventOrigin.CHAT)

    assert len(await world.store.load(PLATFORM)) == 1
    desk = await world.store.desk()
    assert (desk.version, desk.strays) == (1, 0)


async def test_there_is_no_card_of_what_never_was(world):
    with pytest.raises(UnknownNameError):
        await world.show.face("moved", "moved/9", PLATFORM)
