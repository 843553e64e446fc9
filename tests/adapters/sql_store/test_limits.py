"""PostgreSQL hangs, locks, ends connections, is down: each ends in our words and in time."""

import asyncio
import logging
import time

import pytest
import sqlalchemy as sa

from adapters.sql_store import SqlSettings, SqlStore, build
from adapters.sql_store.reader import LedgerReader
from adapters.sql_store.writer import OUTBOX
from core.errors import RefusedByStoreError, StoreUnavailableError, UnavailableError
from core.words import PLATFORM
from tests.adapters.store_contract import LOAN, job, push
from tests.peers.postgresql import running

LIMITS = {"connect_s": 2, "statement_s": 1.0, "lock_s": 0.5, "ping_s": 2.0}
TABLES = ("events", "outbox", "releases", "deliveries", "cards", "effects")

pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.fixture
async def store(url):
    found = await build(SqlSettings(url=url, **LIMITS))
    yield found
    await found.close()


@pytest.fixture
def somebody(postgresql, url):
    """Another session on the same database, which can hold locks."""
    with postgresql.session(url.rpartition("/")[2]) as session:
        yield session


def end_connections(somebody) -> int:
    ended = somebody.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'sluss'"
    )
    return ended.rowcount


async def test_behind_a_locked_table_every_call_ends(store, somebody):
    await store.commit(LOAN, 0, [push(1)], [])
    with somebody.transaction():
        somebody.execute(f"LOCK TABLE {', '.join(TABLES)} IN ACCESS EXCLUSIVE MODE")
        calls = (
            store.ping(),
            store.commit(LOAN, 1, [push(2)], [job("a")]),
            store.load(LOAN),
            store.releases(),
            store.deliveries(),
            store.unsent(10),
            store.find_effect("run/1"),
            store.effect("run/1", "id"),
            store.lease_card("release/1", "one", 30),
        )
        async with asyncio.timeout(20):
            told = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(each) for each in told] == [StoreUnavailableError] * len(calls)
        assert "lock timeout" in str(told[1])

    assert await store.commit(LOAN, 1, [push(2)], [job("a")]) == 2
    await store.ping()


async def test_behind_a_locked_table_who_only_reads_is_told_in_time(store, somebody, url):
    await store.commit(LOAN, 0, [push(1)], [])
    async with LedgerReader(url, "the ledger") as reader:
        with somebody.transaction():
            somebody.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            async with asyncio.timeout(10):
                with pytest.raises(StoreUnavailableError, match="the ledger does not answer"):
                    [line async for line in reader.export()]
        assert [line async for line in reader.export()]


async def test_options_of_the_address_count_beside_the_limits(url, somebody):
    somebody.execute("CREATE SCHEMA apart")
    there = SqlSettings(url=f"{url}?options=-csearch_path%3Dapart", **LIMITS)
    for name in ("built", "built again"):
        store = await build(there)
        await store.effect(name, name)
        await store.close()

    assert somebody.execute("SELECT count(*) FROM apart.effects").fetchone() == (2,)
    async with LedgerReader(there.url, "the ledger"):
        with somebody.transaction():
            somebody.execute("LOCK TABLE apart.effects IN ACCESS EXCLUSIVE MODE")
            store = await build(there)
            with pytest.raises(StoreUnavailableError, match="lock timeout"):
                await store.effect("a", "b")
            await store.close()


async def test_a_connection_that_was_cut_is_not_noticed(store, somebody):
    await store.commit(LOAN, 0, [push(1)], [])
    for number in range(1, 5):
        await asyncio.gather(*(store.load(LOAN) for _ in range(4)))
        assert end_connections(somebody) > 0
        assert len(await store.load(LOAN)) == number
        assert end_connections(somebody) > 0
        assert await store.commit(LOAN, number, [push(number + 1)], []) == number + 1


async def test_a_read_whose_connection_is_cut_under_it_is_tried_again(store, somebody):
    cut = []

    def read(connection):
        if not cut:
            cut.append(end_connections(somebody))
        return connection.exec_driver_sql("SELECT 42").scalar()

    assert await store._read(read) == 42


async def test_a_write_whose_connection_is_cut_under_it_is_unavailable_and_then_goes_on(
    store, somebody
):
    def write(connection):
        end_connections(somebody)
        connection.exec_driver_sql("DELETE FROM outbox")

    filler = store.effect("a", "written alone, and the others together")
    writes = (filler, store.commit(LOAN, 0, [push(1)], []), store._write(OUTBOX, write))
    told = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(each) for each in told] == [str, *[StoreUnavailableError] * 2]
    assert await store.load(LOAN) == []
    assert await store.commit(LOAN, 0, [push(1)], []) == 1


def fails_with(state: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'quoted value' USING ERRCODE = '{state}'; END $$"


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_who_was_in_the_way_of_others_is_tried_again_at_once(store, state):
    tries = []

    def write(connection):
        tries.append(state)
        if len(tries) < 4:
            connection.exec_driver_sql(fails_with(state))
        return "written"

    filler = store.effect("a", "written alone, and the others together")
    writes = (filler, store.commit(LOAN, 0, [push(1)], []), store._write(OUTBOX, write))
    desk = await store.desk()

    assert (await asyncio.gather(*writes))[1:] == [1, "written"]
    assert len(await store.load(LOAN)) == 1
    assert store._states.known(PLATFORM) is desk, "what was remembered is no worse for that"


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("22001", RefusedByStoreError),  # too long
        ("23502", RefusedByStoreError),  # null
        ("54000", RefusedByStoreError),  # too long for an index
        ("25006", StoreUnavailableError),  # read only, as after a failover
        ("42501", StoreUnavailableError),  # no right, as before a role is seen
        ("53100", StoreUnavailableError),  # disk full
        ("57014", StoreUnavailableError),  # cancelled
        ("42601", sa.exc.ProgrammingError),  # a bug of ours
    ],
)
async def test_a_fault_of_one_write_leaves_the_others_and_an_outage_none(store, state, error):
    filler = store.effect("a", "written alone, and the others together")
    bad = store._write(OUTBOX, lambda connection: connection.exec_driver_sql(fails_with(state)))
    writes = (filler, store.commit(LOAN, 0, [push(1)], []), bad)
    told = await asyncio.gather(*writes, return_exceptions=True)

    assert type(told[2]) is error
    assert type(told[1]) is (StoreUnavailableError if error is StoreUnavailableError else int)
    if error is RefusedByStoreError:
        assert "quoted value" not in str(told[2])


async def test_a_server_that_hangs_is_unavailable_until_it_goes_on(store, postgresql):
    await store.commit(LOAN, 0, [push(1)], [])
    await asyncio.gather(*(store.load(LOAN) for _ in range(4)))
    postgresql.halt()
    try:
        started = time.monotonic()
        with pytest.raises(StoreUnavailableError, match="within 2 seconds"):
            await store.ping()
        assert time.monotonic() - started < 4
        calls = (store.commit(LOAN, 1, [push(2)], []), store.load(LOAN), store.effect("a", "b"))
        async with asyncio.timeout(60):
            told = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(each) for each in told] == [StoreUnavailableError] * len(calls)
    finally:
        postgresql.go_on()

    version = len(await store.load(LOAN))
    assert await store.commit(LOAN, version, [push(3)], []) == version + 1
    await store.ping()


async def test_a_database_that_is_down_at_the_start_is_waited_for_in_words(caplog, url):
    with running() as server:
        there = f"postgresql+psycopg://postgres:quite-secret@127.0.0.1:{server.port}/postgres"
        settings = SqlSettings(url=there, **LIMITS)
        server.stop()
        with caplog.at_level(logging.WARNING):
            opening = asyncio.create_task(SqlStore.open(settings))
            await asyncio.sleep(1)
            assert not opening.done()
            await asyncio.to_thread(server.start)
            store = await asyncio.wait_for(opening, 30)
        await store.ping()
        await store.close()

    said = [each.getMessage() for each in caplog.records if each.name == "adapters.sql_store.store"]
    assert said[0].startswith(
        f"waiting for postgresql+psycopg://postgres:***@127.0.0.1:{server.port}"
    )
    assert "quite-secret" not in caplog.text
    assert "quite-secret" not in repr(settings)


async def test_the_wait_for_a_database_can_be_cancelled(url):
    opening = asyncio.create_task(SqlStore.open("postgresql+psycopg://postgres@127.0.0.1:9/none"))
    await asyncio.sleep(0.3)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(opening, 10)


async def test_a_password_that_cannot_be_had_yet_is_waited_for(url):
    asked = []

    def password() -> str:
        asked.append("a token")
        if len(asked) < 3:
            raise UnavailableError
        return "a token"

    store = await asyncio.wait_for(SqlStore.open(SqlSettings(url=url), password), 10)
    await store.ping()
    await store.close()


async def test_each_new_connection_asks_for_the_password(url, somebody):
    asked = []

    def password() -> str:
        asked.append("a token")
        return f"token {len(asked)}"

    store = await SqlStore.open(SqlSettings(url=url), password)
    end_connections(somebody)
    await store.load(LOAN)
    await store.close()
    assert len(asked) >= 2
