"""The clone index of one machine: a SQLite file of its own, which may be lost without harm."""

import asyncio
import contextlib
import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from adapters.clone_index import table
from adapters.one_writer.private_file import keep_private
from core.errors import DECODE_ERRORS, UnavailableError
from core.gate.sketch import Sketch
from core.ports.clone_index import Elsewhere

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",  # a power cut may lose the last commits without harm
    "PRAGMA cache_size = -32768",  # KB
    "PRAGMA wal_autocheckpoint = 8192",  # pages
)
BROKEN: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
NEW: Final = 0  # the user_version that SQLite gives an empty file
PRIMARY: Final = 0xFF  # the bits of an extended error code that hold the primary one
CANNOT: Final = (
    "The index of other repositories' code cannot be used ({why}). Nothing was compared; it is "
    "tried again at the next push."
)


class CloneIndexFile:
    """Implements ``core.ports.clone_index.CloneIndex``; it connects at the first use.

    Many processes may use one file; each waits ``busy_s`` seconds at most for another writer. A
    file that is broken, or was written in another form, is made anew and begins empty.
    """

    def __init__(self, path: Path, *, busy_s: float = 30.0) -> None:
        self._path = path
        self._busy_s = busy_s
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._turn = threading.Lock()  # one connection, one thread at a time

    async def repositories(self) -> tuple[str, ...]:
        return await self._run(table.repositories)

    async def files(self, repository: str) -> dict[str, Sketch]:
        return await self._run(partial(table.files, repository=repository))

    async def replace(self, repository: str, files: Mapping[str, Sketch]) -> None:
        await self._run(partial(_replace, repository=repository, files=files))

    async def look_up(self, prints: Collection[int], *, besides: str) -> list[Elsewhere]:
        return await self._run(partial(table.look_up, prints=prints, besides=besides))

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    async def _run(self, work: Work[T]) -> T:
        return await asyncio.to_thread(self._try, work)

    def _try(self, work: Work[T]) -> T:
        with self._turn:
            try:
                return self._try_twice(work)
            except (sqlite3.Error, OSError) as error:
                self._disconnect()
                raise UnavailableError(CANNOT.format(why=error)) from error

    def _try_twice(self, work: Work[T]) -> T:
        try:
            return work(self._connected())
        except (sqlite3.DatabaseError, zlib.error, *DECODE_ERRORS) as error:
            if not _is_broken(error):
                raise
            log.warning("%s", error, extra={"action": "clone_index_rebuilt"})
            self._remove()
            return work(self._connected())

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self._path, self._busy_s)
            self._inode = self._path.stat().st_ino
        return self._connection

    def _remove(self) -> None:
        """Remove the file, unless another process has replaced it since we opened ours."""
        is_ours = self._connection is None or self._path.stat().st_ino == self._inode
        self._disconnect()
        if is_ours:
            for end in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + end).unlink(missing_ok=True)

    def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def _close(self) -> None:
        with self._turn:
            self._disconnect()


def _replace(connection: sqlite3.Connection, repository: str, files: Mapping[str, Sketch]) -> None:
    with connection:  # commits, or rolls back
        connection.execute("BEGIN IMMEDIATE")
        table.replace(connection, repository, files)


def _connect(path: Path, busy_s: float) -> sqlite3.Connection:
    """Open the file, for its owner alone, as it tells which repositories there are."""
    keep_private(path)
    connection = sqlite3.connect(
        path, timeout=busy_s, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        (form,) = connection.execute("PRAGMA user_version").fetchone()
        if form == NEW:
            connection.executescript(table.SCHEMA)
        elif form != table.FORM:
            raise _OtherFormError
    except sqlite3.Error:
        connection.close()
        raise
    return connection


class _OtherFormError(sqlite3.DatabaseError):
    """The file was written in another form than ``table.FORM``."""


def _is_broken(error: Exception) -> bool:
    if not isinstance(error, sqlite3.DatabaseError) or isinstance(error, _OtherFormError):
        return True
    return getattr(error, "sqlite_errorcode", 0) & PRIMARY in BROKEN
