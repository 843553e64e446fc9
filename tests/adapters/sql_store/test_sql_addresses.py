"""Where conversations are reached outlives the process that was told, and follows a move."""

import pytest

from adapters.sql_store import SqlStore
from adapters.sql_store.addresses import SqlAddresses
from core.conversation import Address

TEAM = "19:a@thread.tacv2"
FIRST = Address(service_url="https://smba.trafficmanager.net/emea/", conversation=TEAM, bot="28:b")
MOVED = Address(service_url="https://smba.trafficmanager.net/amer/", conversation=TEAM, tenant="t")


@pytest.fixture
async def stores(tmp_path):
    """Two processes on one database."""
    found = [SqlStore(f"sqlite:///{tmp_path}/store.db") for _ in range(2)]
    yield found
    for store in found:
        await store.close()


async def test_an_unknown_conversation_has_no_address(stores):
    assert await SqlAddresses(stores[0]).find_address(TEAM) is None


async def test_what_one_process_was_told_another_finds(stores):
    gateway, worker = map(SqlAddresses, stores)
    await gateway.keep_address(TEAM, FIRST)

    assert await worker.find_address(TEAM) == FIRST


async def test_a_conversation_that_moved_is_reached_where_it_spoke_last(stores):
    gateway, worker = map(SqlAddresses, stores)
    await gateway.keep_address(TEAM, FIRST)
    await worker.find_address(TEAM)
    await gateway.keep_address(TEAM, MOVED)
    await gateway.keep_address(TEAM, MOVED)

    assert await worker.find_address(TEAM) == MOVED


async def test_it_outlives_a_restart(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/store.db")
    await SqlAddresses(store).keep_address("@bo", FIRST)
    await store.close()
    again = SqlStore(f"sqlite:///{tmp_path}/store.db")

    assert await SqlAddresses(again).find_address("@bo") == FIRST
    await again.close()
