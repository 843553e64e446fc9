"""The store on SQLAlchemy Core: one thread writes, and a few others read."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from functools import partial
from itertools import chain, repeat
from typing import Final, TypeVar

import sqlalchemy as sa

from adapters.sql_store import ledger_table as ledger
from adapters.sql_store import outbox_table
from adapters.sql_store.beside import Beside
from adapters.sql_store.engine import (
    NoAnswerError,
    Password,
    SqlSettings,
    open_engine,
    without_limits,
)
from adapters.sql_store.faults import Fault, fault_of, unreadable
from adapters.sql_store.ledger_read import load, whole_release
from adapters.sql_store.migrate import Migrated, Schema
from adapters.sql_store.projections import owner
from adapters.sql_store.schema import claims, outbox
from adapters.sql_store.snapshots import State
from adapters.sql_store.states import States
from adapters.sql_store.views import deliveries_view, held_view, names_view, releases_view
from adapters.sql_store.writer import CHAIN, CLOSED, OUTBOX, Writer
from core.desk import Desk
from core.errors import StoreUnavailableError, UnavailableError
from core.events.base import Event
from core.jobs import AnyJob, Job, Lane
from core.ledger import to_line
from core.ports import DeliveryRow, Recorded, ReleaseRow
from core.release.model import Model
from core.release.release import Release
from core.words import PLATFORM, ReleaseId, Stage, Stream

log = logging.getLogger(__name__)

T = TypeVar("T")
PAGE = 500
READERS: Final = {"postgresql": 4, "sqlite": 2}  # reading a file keeps this process itself busy
SILENT = "The store took nothing within {limit_s:g} seconds. What waits is tried again by itself."


class SqlStore(Beside):
    """Implements ``core.ports.Store``; it connects at the first use, and then migrates the tables.

    ``password`` is called for each new connection, where the URL has none; it raises
    UnavailableError while it cannot get one.
    """

    def __init__(self, settings: SqlSettings | str, password: Password | None = None) -> None:
        self._settings = SqlSettings(url=settings) if isinstance(settings, str) else settings
        self._engine = open_engine(self._settings, password)
        self._schema = Schema(self._engine)
        self._states = States()
        self._ledger = ledger.LedgerWriter(self._states)
        self._writer = Writer(self._engine, prepare=self._schema.ensure, forget=self._states.forget)
        self._readers = ThreadPoolExecutor(
            READERS[self._engine.dialect.name], thread_name_prefix="store-reader"
        )
        self._unsent = {lane: asyncio.Event() for lane in Lane}
        self._is_closed = False

    @classmethod
    async def open(
        cls, settings: SqlSettings | str, password: Password | None = None
    ) -> "SqlStore":
        """Wait until the database answers; cancel it to wait no longer."""
        async with AsyncExitStack() as undo:
            store = cls(settings, password)
            undo.push_async_callback(store.close)
            await store.wait_until_ready()
            undo.pop_all()
        return store

    async def wait_until_ready(self) -> Migrated:
        """Wait for the database, and for its password; return what was done to the tables.

        A SQLite file is not waited for: it raises UnavailableError at once.
        """
        for pause_s in chain((0.2, 0.5, 1.0, 2.0), repeat(5.0)):
            try:
                return await self._in_reader(self._schema.ensure)
            except UnavailableError as error:
                if self._engine.dialect.name == "sqlite":
                    raise
                url = self._settings.shown_url
                log.warning("waiting for %s: %s", url, error, extra={"action": "store_waits"})
            await asyncio.sleep(pause_s)
        raise AssertionError  # repeat() has no end

    async def load(
        self,
        stream: Stream,
        after: int = 0,
        *,
        about: ReleaseId | None = None,
        kinds: Sequence[type[Event]] = (),
    ) -> list[Recorded]:
        return await self._read(lambda connection: load(connection, stream, after, about, kinds))

    async def state(self, stream: Stream) -> Model:
        state = await self._state(stream)
        return state if isinstance(state, Model) else Model(stream=stream, version=state.version)

    async def desk(self) -> Desk:
        state = await self._state(PLATFORM)
        assert isinstance(state, Desk)
        return state

    async def release(self, stream: Stream, release: ReleaseId) -> Release | None:
        return await self._read(lambda connection: whole_release(connection, stream, release))

    async def commit(
        self, stream: Stream, expected: int, events: Sequence[Event], jobs: Sequence[Job]
    ) -> int:
        def write(connection: sa.Connection) -> tuple[State, set[Lane]]:
            return self._ledger.commit(connection, (stream, expected), events, jobs)

        state, ready = await self._writer.run(CHAIN, write)
        self._states.remember(stream, state)
        for lane in ready:
            self._unsent[lane].set()
        return state.version

    async def owner(self, name: str) -> Stream | None:
        return await self._read(lambda connection: owner(connection, name))

    async def claims(self) -> dict[str, Stream]:
        rows = await self._read(lambda connection: connection.execute(sa.select(claims)).all())
        return {row.name: Stream(row.stream) for row in rows}

    async def export(self, after: int = 0) -> AsyncIterator[bytes]:
        position = after
        while True:
            page = await self._read(lambda c, at=position: ledger.page(c, at, PAGE))  # type: ignore[misc]
            if not page:
                return
            for entry in page:
                yield to_line(entry)
            position = page[-1].position

    async def rebuild(self) -> int:
        self._states.forget()

        def fold_all(connection: sa.Connection) -> int:
            with without_limits(connection):
                return ledger.rebuild(connection)

        return await self._writer.run(CHAIN, fold_all)

    async def unsent(self, limit: int, lane: Lane | None = None) -> list[AnyJob]:
        if lane:
            self._unsent[lane].clear()
        return await self._read(lambda connection: outbox_table.unsent(connection, lane, limit))

    async def mark_sent(self, ids: Sequence[str]) -> None:
        sent = partial(outbox_table.mark_sent, ids=ids)
        await self._writer.run(OUTBOX, sent)

    async def done(self, job: Job) -> None:
        if not outbox_table.is_counted(job):
            return
        if await self._writer.run(CHAIN, lambda connection: ledger.done(connection, job)):
            self._unsent[job.lane].set()

    async def wait_unsent(self, lane: Lane, wait_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._unsent[lane].wait()

    async def releases(self, stream: Stream | None = None, limit: int = 50) -> list[ReleaseRow]:
        return await self._read(lambda connection: releases_view(connection, stream, limit))

    async def deliveries(self, limit: int = 100) -> list[DeliveryRow]:
        return await self._read(lambda connection: deliveries_view(connection, limit))

    async def held(self) -> dict[Stream, dict[Stage, str]]:
        return await self._read(held_view)

    async def names(self) -> dict[Stream, str]:
        return await self._read(names_view)

    async def ping(self) -> None:
        nothing = sa.delete(outbox).where(sa.false())  # takes the writer's lock, unlike a SELECT
        limit_s = self._settings.ping_s
        try:
            async with asyncio.timeout(limit_s):
                await self._writer.run(OUTBOX, lambda connection: connection.execute(nothing))
        except TimeoutError:
            raise StoreUnavailableError(SILENT.format(limit_s=limit_s)) from None

    async def close(self) -> None:
        self._is_closed = True  # reads that wait for a thread end at once
        await self._writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        self._engine.dispose()

    async def _state(self, stream: Stream) -> State:
        """Fold in a reader's thread, as a long stream would hold up the event loop."""
        state, was_long = await self._read(lambda c: self._states.look(c, stream))
        self._states.remember(stream, state)
        if was_long:
            with suppress(StoreUnavailableError):  # then the next look folds again
                await self._writer.run(CHAIN, lambda c: self._ledger.keep_snapshot(c, stream))
        return state

    async def _write(self, order: tuple[int, str], write: Callable[[sa.Connection], T]) -> T:
        return await self._writer.run(order, write)

    async def _read(self, read: Callable[[sa.Connection], T]) -> T:
        def run() -> T:
            self._schema.ensure()
            try:
                return self._once(read)
            except sa.exc.DBAPIError as error:
                is_cut = error.connection_invalidated and not isinstance(error.orig, NoAnswerError)
                if not is_cut:
                    raise
            return self._once(read)  # the connection was cut; a new one may do

        return await self._in_reader(run)

    def _once(self, read: Callable[[sa.Connection], T]) -> T:
        with self._engine.connect() as connection:
            return read(connection)

    async def _in_reader(self, work: Callable[[], T]) -> T:
        def run() -> T:
            if self._is_closed:
                raise StoreUnavailableError(CLOSED)
            try:
                return work()
            except sa.exc.SQLAlchemyError as error:
                if fault_of(error) in (Fault.DOWN, Fault.AGAIN):
                    raise unreadable(error) from None
                raise

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)
