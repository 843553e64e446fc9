"""The SQL store keeps the contract on SQLite and on PostgreSQL, and fails in our words."""

import asyncio
import sqlite3

import pytest

from adapters.sql_store import SqlSettings, SqlStore
from adapters.sql_store.writer import CHAIN
from core.errors import StoreUnavailableError
from tests.adapters.store_contract import LOAN, StoreContract, job, push

both = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
on_a_file = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def test_no_password_of_an_address_is_shown():
    options = "password=quite-secret&sslpassword=quite-secret"
    settings = SqlSettings(
        url=f"postgresql+psycopg://sluss:quite-secret@db.example/sluss?{options}"
    )

    assert settings.shown_url == "postgresql+psycopg://sluss:***@db.example/sluss"
    assert "quite-secret" not in repr(settings)


@both
class TestSqlStore(StoreContract):
    @pytest.fixture
    async def store(self, opened):
        return await opened()

    @pytest.fixture
    async def other(self, opened, store):
        return await opened()

    @pytest.fixture
    def open_again(self, opened):
        return opened


@both
async def test_a_card_that_a_killed_process_leased_is_free_at_once(opened):
    await (await opened()).lease_card("release/loan-1", "killed", 60)
    store = await opened()
    await store.end_leases()
    assert await store.lease_card("release/loan-1", "next", 60) is not None


@on_a_file
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


async def test_a_folder_that_is_missing_is_said_and_not_waited_for(tmp_path):
    with pytest.raises(StoreUnavailableError, match="unable to open database file"):
        await SqlStore.open(f"sqlite:///{tmp_path}/missing/store.db")


@both
async def test_one_bad_write_of_a_batch_leaves_the_others(opened):
    store = await opened()

    def bug(_connection):
        raise ValueError("a bug")

    filler = store.effect("a", "written alone, and the others together")
    writes = (filler, store.commit(LOAN, 0, [push(1)], []), store._writer.run(CHAIN, bug))
    results = await asyncio.gather(*writes, return_exceptions=True)

    assert results[1] == 1
    assert isinstance(results[2], ValueError)
    assert len(await store.load(LOAN)) == 1
