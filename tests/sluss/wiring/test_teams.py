"""Another address of a conversation becomes an event that the platform team sees, with hosts alone."""

import msgspec
import pytest

from adapters.sql_store import SqlStore
from adapters.sql_store.beside import SqlConversations
from adapters.teams.addresses import Address
from core.events.desk import ConversationMoved
from core.handle import Handle
from core.jobs import ShowCard
from core.platform import Platform
from core.words import PLATFORM
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.wiring.parts import now
from sluss.wiring.teams import addresses, teams_settings
from tests.sluss.wiring.away import SETTINGS

ROOM = "19:approvals@thread.tacv2"
HERE = Address(service_url="https://smba.trafficmanager.net/emea/secret-part", conversation=ROOM)


@pytest.fixture
def settings(tmp_path):
    prepare_home(tmp_path / "home", is_local=False)
    return load(tmp_path / "home", SETTINGS)


async def test_it_is_written_once_and_shown(settings):
    store = await SqlStore.open(settings.store_url)
    try:
        handle = Handle(
            store, platform=Platform, policy=settings.files.policy, clock=now, is_local=False
        )
        book = addresses(settings, SqlConversations(store), handle)
        there = msgspec.structs.replace(HERE, service_url="https://smba.teams.microsoft.com/x/")
        for found in (HERE, there, HERE, there):
            await book.keep_address(ROOM, found)
        assert await book.take_change(ROOM)
        assert await book.find_address(ROOM) == there
        told = [entry.event for entry in await store.load(PLATFORM)]
        cards = [job.card for job in await store.unsent(10) if isinstance(job, ShowCard)]
    finally:
        await store.close()

    assert [type(event) for event in told] == [ConversationMoved] * 2
    assert [event.is_in_force for event in told] == [False, True]
    assert (told[0].old_host, told[0].new_host) == (
        "smba.trafficmanager.net",
        "smba.teams.microsoft.com",
    )
    assert "secret-part" not in str(told)
    assert set(cards) == {"moved"}


def test_the_place_of_the_keys_is_a_setting(settings, tmp_path):
    assert teams_settings(settings).openid_metadata.startswith("https://login.botframework.com/")
    place = "http://127.0.0.1:4002/openid"
    other = load(tmp_path / "home", {**SETTINGS, "SLUSS_TEAMS_OPENID_METADATA": place})
    assert teams_settings(other).openid_metadata == place


def test_a_start_away_has_no_token_of_a_window(settings):
    assert teams_settings(settings).token_file is None
