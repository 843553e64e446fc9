"""One thread writes one SQLite file; what waits while it writes shares the next commit.

A commit waits for the disk, so a transaction for each write would be as slow as the disk is.
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, Final, NamedTuple, TypeVar

from core.errors import QueueUnavailableError, SlussError

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
Row = tuple[Any, ...]

MOST_ROWS: Final = 500  # in one statement
LONGEST_WAIT_S: Final = 0.001  # for more to gather
CLOSED = "It was closed. Nothing was written; start again."
FAILED = "It cannot be written ({why}). Nothing was kept; try again, and mend the disk if it stays."


class Insert(NamedTuple):
    """A statement that takes the rows of many: ``start``, then ``row`` for each, then ``end``.

    Each call into SQLite gives Python's lock away, and may wait long to have it back.
    """

    start: str
    row: str
    end: str

    def run(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        for first in range(0, len(rows), MOST_ROWS):
            part = rows[first : first + MOST_ROWS]
            statement = self.start + ", ".join([self.row] * len(part)) + self.end
            connection.execute(statement, [value for row in part for value in row])


class _Request:
    """One piece of work, the future that waits for it, and what came of it."""

    __slots__ = ("error", "future", "is_committed", "result", "work")

    def __init__(
        self, work: Work[Any] | tuple[Insert, Sequence[Row]], future: asyncio.Future[Any]
    ) -> None:
        self.work = work
        self.future = future
        self.result: Any = None
        self.error: SlussError | None = None
        self.is_committed = False

    def settle(self) -> None:
        if self.future.done():  # who waited was cancelled
            return
        if self.error is None and self.is_committed:
            self.future.set_result(self.result)
            return
        self.future.set_exception(self.error or QueueUnavailableError(CLOSED))


class GroupCommit:
    """For one loop. ``connect`` opens the file in the thread, and again after an error.

    Who wrote together mostly comes back together: a batch waits a moment until as many are there
    as were in the last one. Fewer, fuller commits leave more of the processor to everybody else.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], *, name: str) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._gathered: list[_Request] = []
        self._expected = 1
        self._is_writing = False
        self._is_closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._batches: SimpleQueue[list[_Request] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name=f"writer {name}", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> asyncio.Future[T]:
        """Done when ``work`` is committed. Work that raises a SlussError must have written nothing.

        Raise QueueUnavailableError when SQLite does not commit: then nothing of it was kept.
        """
        return self._add(work)

    def insert(self, statement: Insert, rows: Sequence[Row]) -> asyncio.Future[None]:
        """The same for rows alone: what is inserted at the same time goes in one statement."""
        return self._add((statement, rows))

    def _add(self, work: Work[Any] | tuple[Insert, Sequence[Row]]) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._is_closed:
            future.set_exception(QueueUnavailableError(CLOSED))
            return future
        self._gathered.append(_Request(work, future))
        self._start_if_full()
        return future

    async def close(self) -> None:
        """Write what was submitted, then end the thread."""
        if not self._is_closed:
            self._is_closed = True
            self._start()
            self._batches.put(None)
        await asyncio.to_thread(self._thread.join)

    def _start_if_full(self) -> None:
        if self._is_writing or not self._gathered:
            return
        if len(self._gathered) >= self._expected:
            self._start()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LONGEST_WAIT_S, self._start)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._gathered:
            return
        self._is_writing = True
        self._expected = len(self._gathered)
        self._batches.put(self._gathered)
        self._gathered = []

    def _end(self, batch: list[_Request]) -> None:
        for request in batch:
            request.settle()
        self._is_writing = False
        self._start_if_full()

    # The rest runs in the thread.

    def _write(self) -> None:
        batch: list[_Request] | None = []
        try:
            while (batch := self._batches.get()) is not None:
                self._commit(batch)
                self._settle(batch)
        finally:  # also after a bug: nobody may wait for ever, or take it as written
            self._is_closed = True
            self._disconnect()
            self._settle((batch or []) + self._gathered)

    def _commit(self, batch: list[_Request]) -> None:
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.execute("BEGIN IMMEDIATE")
            _run(batch, self._connection)
            self._connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            log.warning("%s", error, extra={"action": "sqlite_failed"})
            self._disconnect()  # and so roll back
            for request in batch:
                request.error = QueueUnavailableError(FAILED.format(why=error), retry_after_s=2.0)
            return
        for request in batch:
            request.is_committed = True

    def _settle(self, batch: list[_Request]) -> None:
        """Back in the loop, all of the batch in one wake-up."""
        if not batch:
            return
        try:
            batch[0].future.get_loop().call_soon_threadsafe(self._end, batch)
        except RuntimeError:  # the loop has ended: nobody waits any more
            log.warning("nobody waits", extra={"action": "loop_ended"})

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _run(batch: list[_Request], connection: sqlite3.Connection) -> None:
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
