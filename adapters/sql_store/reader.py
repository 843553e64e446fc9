"""The ledger for commands that only read it: nothing is created, migrated or locked."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapters.sql_store import ledger_table as ledger
from adapters.sql_store.engine import SqlSettings, open_engine
from adapters.sql_store.ledger_read import whole_release
from adapters.sql_store.schema import releases
from adapters.sql_store.views import deliveries_view
from core.errors import (
    DECODE_ERRORS,
    LedgerBrokenError,
    SettingsError,
    SlussError,
    StoreUnavailableError,
)
from core.events.codec import decode
from core.ledger import Entry, to_line
from core.ports import DeliveryRow
from core.release.release import Release
from core.words import ReleaseId, Stream, stream_of

T = TypeVar("T")
PAGE = 500
BUSY_S = 10
MIGRATIONS = Path(__file__).parent / "migrations"

OTHER_VERSION = (
    "The ledger at {place} was made by another version of Sluss. Nothing was read; "
    "start this version on it once (`sluss up`), or read it with that one."
)
SILENT = "The ledger at {place} does not answer. Nothing was read; try again."
NO_TEXT = "Could not decode to UTF-8"  # as SQLite says it, which has no code for it
NOT_TEXT = (
    "The ledger at {place} has a cell that is no text, so somebody else than Sluss wrote it. "
    "Nothing was changed; put back a backup of it."
)
NO_LEDGER = (
    "There is no ledger at {place}. Nothing was read and nothing was made; name the home with "
    "--home, or the database with SLUSS_STORE_URL."
)


class LedgerReader:
    """``place`` names the ledger in messages, as ``url`` may hold a password.

    Entering it raises SettingsError where no ledger is, or one of another version.
    """

    def __init__(self, url: str, place: str) -> None:
        self._place = place
        self._engine = _reading(url)

    async def __aenter__(self) -> Self:
        try:
            await self._read(self._check)
        except SlussError:
            self._engine.dispose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._engine.dispose()

    async def export(self) -> AsyncIterator[bytes]:
        """Raise LedgerBrokenError for an entry that is none, and name it."""
        async for entry in self._entries():
            yield to_line(entry)

    async def try_all(self) -> None:
        """Raise LedgerBrokenError for the first entry whose event cannot be read."""
        async for entry in self._entries():
            try:
                decode(entry.data.encode())
            except DECODE_ERRORS as error:
                why = str(error).partition("\n")[0]
                raise LedgerBrokenError(
                    ledger.NO_ENTRY.format(position=entry.position, why=why)
                ) from None

    async def _entries(self) -> AsyncIterator[Entry]:
        position = 0
        while page := await self._read(lambda c, at=position: ledger.page(c, at, PAGE)):  # type: ignore[misc]
            for entry in page:
                yield entry
            position = page[-1].position

    async def deliveries(self, limit: int) -> list[DeliveryRow]:
        return await self._read(lambda connection: deliveries_view(connection, limit))

    async def release(self, release: ReleaseId) -> Release | None:
        return await self._read(lambda found: whole_release(found, stream_of(release), release))

    async def releases_of(self, commit: str) -> list[Release]:
        """Return the releases of a commit, whatever repository they are of."""
        return await self._read(lambda connection: _of_commit(connection, commit))

    def _check(self, connection: sa.Connection) -> None:
        is_there = sa.inspect(connection).has_table("events")
        found = MigrationContext.configure(connection).get_current_heads() if is_there else ()
        if not found:
            raise SettingsError(NO_LEDGER.format(place=self._place))
        if found != (ScriptDirectory(str(MIGRATIONS)).get_current_head(),):
            raise SettingsError(OTHER_VERSION.format(place=self._place))

    async def _read(self, read: Callable[[sa.Connection], T]) -> T:
        return await asyncio.to_thread(self._in_thread, read)

    def _in_thread(self, read: Callable[[sa.Connection], T]) -> T:
        try:
            with self._engine.connect() as connection:
                return read(connection)
        except FileNotFoundError:
            raise SettingsError(NO_LEDGER.format(place=self._place)) from None
        except sa.exc.DBAPIError as error:
            if NO_TEXT in str(error.orig):
                raise LedgerBrokenError(NOT_TEXT.format(place=self._place)) from None
            raise StoreUnavailableError(SILENT.format(place=self._place)) from None


def _of_commit(connection: sa.Connection, commit: str) -> list[Release]:
    query = sa.select(releases.c.stream, releases.c.release).where(releases.c.commit == commit)
    rows = connection.execute(query).all()
    found = (whole_release(connection, Stream(row.stream), row.release) for row in rows)
    return [each for each in found if each is not None]


def _reading(url: str) -> sa.Engine:
    """Open for reading. ``mode=rw`` makes no file; ``ro`` would not do, as a WAL reader writes."""
    found = sa.make_url(url)
    if found.get_backend_name() != "sqlite":
        return open_engine(SqlSettings(url=url)).execution_options(postgresql_readonly=True)
    path = Path(found.database or "")
    file = f"file:{quote(str(path))}?mode=rw"

    def connect() -> sqlite3.Connection:
        if not path.is_file():
            raise FileNotFoundError(path)
        connection = sqlite3.connect(file, uri=True, timeout=BUSY_S, check_same_thread=False)
        connection.execute("PRAGMA query_only = ON")
        return connection

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)
