"""The store port on SQLAlchemy Core: commits in one thread, reads beside it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa

from adapters.sql_store import ledger_table as ledger
from adapters.sql_store.beside import Beside
from adapters.sql_store.ledger_read import load, whole_release
from adapters.sql_store.migrate import migrate
from adapters.sql_store.schema import claims, outbox
from adapters.sql_store.snapshots import State
from adapters.sql_store.states import States
from adapters.sql_store.views import deliveries_view, held_view, names_view, releases_view
from adapters.sql_store.writer import Writer
from core import jobs
from core.desk import Desk
from core.errors import StoreUnavailableError
from core.events.base import Event
from core.jobs import AnyJob, Job
from core.ledger import to_line
from core.ports import DeliveryRow, Recorded, ReleaseRow
from core.release.model import Model
from core.release.release import Release
from core.words import PLATFORM, ReleaseId, Stage, Stream

T = TypeVar("T")
PAGE = 500


class SqlStore(Beside):
    """``url`` is SQLAlchemy's: ``sqlite:///path/store.db`` or ``postgresql+psycopg://…``."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        with self._engine.begin() as connection:
            migrate(connection)
        self._states = States()
        self._ledger = ledger.LedgerWriter(self._states)
        self._writer = Writer(self._engine, self._states.forget)
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="store-reader")
        self._unsent = asyncio.Event()

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
        at = stream, expected
        state = await self._writer.run(
            lambda connection: self._ledger.commit(connection, at, events, jobs)
        )
        self._states.remember(stream, state)
        if jobs:
            self._unsent.set()
        return state.version

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
        return await self._writer.run(ledger.rebuild)

    async def unsent(self, limit: int) -> list[AnyJob]:
        self._unsent.clear()
        query = sa.select(outbox.c.body).order_by(outbox.c.number).limit(limit)
        rows = await self._read(lambda connection: connection.scalars(query).all())
        return [jobs.decode(body) for body in rows]

    async def mark_sent(self, ids: Sequence[str]) -> None:
        await self._writer.run(
            lambda connection: connection.execute(sa.delete(outbox).where(outbox.c.id.in_(ids)))
        )

    async def wait_unsent(self, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s):
                await self._unsent.wait()
        except TimeoutError:
            return

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
        await self._writer.run(lambda connection: connection.execute(nothing))

    async def close(self) -> None:
        await asyncio.to_thread(self._writer.close)
        self._readers.shutdown(wait=True)
        self._engine.dispose()

    async def _state(self, stream: Stream) -> State:
        """Fold in a reader's thread: a long stream would hold up the event loop."""
        state, was_long = await self._read(lambda c: self._states.look(c, stream))
        self._states.remember(stream, state)
        if was_long:
            with suppress(StoreUnavailableError):  # then the next one folds again
                await self._writer.run(lambda c: self._ledger.keep_snapshot(c, stream))
        return state

    async def _write(self, write: Callable[[sa.Connection], T]) -> T:
        return await self._writer.run(write)

    async def _read(self, read: Callable[[sa.Connection], T]) -> T:
        def run() -> T:
            try:
                with self._engine.connect() as connection:
                    return read(connection)
            except sa.exc.OperationalError as error:
                raise StoreUnavailableError(f"The store cannot be read ({error.orig}).") from None

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)


def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url, pool_size=6)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: savepoints need it
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")
