"""The SQL store keeps the contract on SQLite, and fails in our words."""

import asyncio
import sqlite3

import pytest

from adapters.sql_store import SqlStore
from core.errors import StoreUnavailableError
from tests.adapters.store_contract import LOAN, StoreContract, job, push


@pytest.fixture
async def opened(tmp_path):
    """Open the store, and close all that were opened."""
    stores = []

    async def open_store():
        stores.append(SqlStore(f"sqlite:///{tmp_path}/store.db"))
        return stores[-1]

    yield open_store
    for store in stores:
        await store.close()


class TestSqlite(StoreContract):
    @pytest.fixture
    async def store(self, opened):
        return await opened()

    @pytest.fixture
    def open_again(self, opened):
        return opened


async def test_a_card_that_a_killed_process_leased_is_free_at_once(opened):
    await (await opened()).lease_card("release/loan-1", "killed", 60)
    store = await opened()
    await store.end_leases()
    assert await store.lease_card("release/loan-1", "next", 60) is not None


async def test_a_locked_database_is_unavailable_and_nothing_of_it_is_remembered(opened, tmp_path):
    store = await opened()
    await store.commit(LOAN, 0, [push(1)], [])
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailableError, match="tried again"):
        await store.commit(LOAN, 1, [push(2)], [job("a")])

    other.execute("ROLLBACK")
    other.close()
    assert await store.commit(LOAN, 1, [push(2)], [job("a")]) == 2


async def test_one_bad_write_of_a_batch_leaves_the_others(opened):
    store = await opened()

    def bug(_connection):
        raise ValueError("a bug")

    good = store.commit(LOAN, 0, [push(1)], [])
    results = await asyncio.gather(good, store._writer.run(bug), return_exceptions=True)

    assert results[0] == 1
    assert isinstance(results[1], ValueError)
    assert len(await store.load(LOAN)) == 1


async def test_two_stores_on_one_file_see_each_other(opened):
    """As two processes on one database: the version decides who was first."""
    one, two = await opened(), await opened()
    await one.commit(LOAN, 0, [push(1)], [])
    await two.commit(LOAN, 1, [push(2)], [])

    assert await one.commit(LOAN, 2, [push(3)], []) == 3
