"""The file of a queue: one thread writes to it, and commits in one transaction all that waits."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from adapters.one_writer.group_commit import Batch, GroupCommit
from adapters.one_writer.private_file import keep_private
from core.errors import QueueUnavailableError, SlussError

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
Row = tuple[Any, ...]

MOST_ROWS: Final = 500  # in one statement
CLOSED = "It was closed. Nothing was written; start again."
FAILED = "It cannot be written ({why}). Nothing was kept; try again, and mend the disk if it stays."


class Insert(NamedTuple):
    """An INSERT for many rows at once: ``start``, then ``row`` for each of them, then ``end``.

    Each call into SQLite releases Python's global lock and may wait long to get it back, so that
    one call is faster than many.
    """

    start: str
    row: str
    end: str

    def run(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        for first in range(0, len(rows), MOST_ROWS):
            part = rows[first : first + MOST_ROWS]
            statement = self.start + ", ".join([self.row] * len(part)) + self.end
            connection.execute(statement, [value for row in part for value in row])


Prepare = Callable[[sqlite3.Connection], None]
QueueWork = Work[Any] | tuple[Insert, Sequence[Row]]


class QueueFile:
    """The file is opened at the first transaction, and again after an error.

    ``prepare`` makes its tables; ``busy_s`` is how long another writer is waited for.
    """

    def __init__(self, path: Path, prepare: Prepare, *, name: str, busy_s: float) -> None:
        self._path = path
        self._prepare = prepare
        self._busy_s = busy_s
        self._connection: sqlite3.Connection | None = None
        self._writer: GroupCommit[QueueWork] = GroupCommit(
            self._commit,
            self._disconnect,
            name=name,
            closed=lambda: QueueUnavailableError(CLOSED),
        )

    def submit(self, work: Work[T]) -> asyncio.Future[T]:
        """Return a future that is done when ``work`` is committed.

        It fails with QueueUnavailableError when SQLite does not commit: then nothing of the work
        was kept. Work that raises a SlussError must have written nothing.
        """
        return self._writer.submit(work)

    def insert(self, statement: Insert, rows: Sequence[Row]) -> asyncio.Future[None]:
        """Submit rows: those that are submitted at the same time go in one statement."""
        return self._writer.submit((statement, rows))

    async def close(self) -> None:
        await self._writer.close()

    # The rest runs in the writer's thread.

    def _commit(self, batch: Batch[QueueWork]) -> None:
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.execute("BEGIN IMMEDIATE")
            _run(batch, self._connection)
            self._connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            log.warning("%s", error, extra={"action": "sqlite_failed"})
            self._disconnect()  # which rolls back
            for request in batch:
                request.error = QueueUnavailableError(FAILED.format(why=error), retry_after_s=2.0)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> sqlite3.Connection:
        """Open the file, for its owner alone, as messages may quote what people wrote."""
        keep_private(self._path)
        connection = sqlite3.connect(
            self._path, timeout=self._busy_s, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._prepare(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _run(batch: Batch[QueueWork], connection: sqlite3.Connection) -> None:
    rows: dict[Insert, list[Row]] = {}
    for request in batch:
        if isinstance(request.work, tuple):
            statement, its_rows = request.work
            rows.setdefault(statement, []).extend(its_rows)
            continue
        try:
            request.result = request.work(connection)
        except SlussError as error:
            request.error = error
    for statement, all_rows in rows.items():
        statement.run(connection, all_rows)
