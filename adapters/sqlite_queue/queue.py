"""The queue of one machine: messages under a lock in a SQLite file, one file for each queue.

Two queues in one file would wait for each other's commits, as SQLite has one writer per file.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from adapters.sqlite_queue.file import QueueFile
from adapters.sqlite_queue.table import ADD, QueueTable, Taken, prepare
from core.errors import MessageTooLargeError
from core.ports import DeadLetter, Message, Received

MAX_BYTES: Final = 256 * 1024  # what Service Bus Standard takes
POLL_S: Final = 0.5  # how late a message of another process may be seen


class SqliteQueue:
    """Implements ``core.ports.Queue``; what an operation did is durable when it returns.

    The limits are those that a queue of Service Bus has. ``busy_s`` is how long another writer of
    the file is waited for; ``clock`` tells the seconds since 1970.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        *,
        lock_s: float = 30.0,
        max_tries: int = 10,
        duplicate_window_s: float = 600.0,
        busy_s: float = 5.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._table = QueueTable(
            lock_s=lock_s, max_tries=max_tries, duplicate_window_s=duplicate_window_s, clock=clock
        )
        self._writer = QueueFile(path, prepare, name=name, busy_s=busy_s)
        self._receivers: set[asyncio.Event] = set()  # each is set when something may have come

    async def send(self, *messages: Message) -> None:
        await self._add(messages, None)

    async def schedule(self, message: Message, not_before: datetime) -> None:
        await self._add((message,), not_before.timestamp())

    async def receive(self, limit: int, wait_s: float) -> list[Received]:
        until = time.monotonic() + wait_s
        arrived = asyncio.Event()
        self._receivers.add(arrived)
        try:
            while True:
                arrived.clear()
                taken = await self._take(limit)
                left_s = until - time.monotonic()
                if taken.messages or left_s <= 0:
                    return taken.messages
                await _wait(arrived, min(left_s, POLL_S, taken.next_due - self._clock()))
        finally:
            self._receivers.discard(arrived)

    async def renew(self, received: Received) -> None:
        await self._writer.submit(partial(self._table.renew, received=received))

    async def complete(self, received: Received) -> None:
        await self._writer.submit(partial(self._table.complete, received=received))

    async def abandon(self, received: Received) -> None:
        await self._writer.submit(partial(self._table.abandon, received=received))
        self._wake()

    async def free(self) -> None:
        """End every lock, so that what a killed process held comes at once.

        Only a process that alone receives from this queue may do so.
        """
        await self._writer.submit(self._table.free)
        self._wake()

    async def dead_letter(self, received: Received, reason: str) -> None:
        bury = partial(self._table.dead_letter, received=received, reason=reason)
        await self._writer.submit(bury)

    async def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        return await self._writer.submit(partial(self._table.dead_letters, limit=limit))

    async def redrive(self, message_id: str) -> bool:
        redrive = partial(self._table.redrive, message_id=message_id)
        is_found = await self._writer.submit(redrive)
        self._wake()
        return is_found

    async def waiting(self) -> int:
        """Count the messages that are ready or under a lock, not the scheduled and dead ones."""
        return await self._writer.submit(self._table.waiting)

    async def close(self) -> None:
        await self._writer.close()

    async def _add(self, messages: tuple[Message, ...], due: float | None) -> None:
        if any(len(message.body) + len(message.id) > MAX_BYTES for message in messages):
            raise MessageTooLargeError
        if self._table.has_to_forget():
            await self._writer.submit(self._table.forget)
        await self._writer.insert(ADD, self._table.rows(messages, due))
        self._wake()

    async def _take(self, limit: int) -> Taken:
        taking = self._writer.submit(partial(self._table.take, limit=limit))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            # else the messages that it took come again only when their locks expire
            taking.add_done_callback(self._give_back)
            raise

    def _give_back(self, taking: asyncio.Future[Taken]) -> None:
        if taking.cancelled() or taking.exception() is not None:
            return
        for received in taking.result().messages:
            giving = self._writer.submit(partial(self._table.give_back, received=received))
            giving.add_done_callback(self._given_back)

    def _given_back(self, giving: asyncio.Future[None]) -> None:
        """Wake the receivers; what could not be given back comes when its lock expires."""
        if not giving.cancelled() and giving.exception() is None:
            self._wake()

    def _wake(self) -> None:
        for arrived in self._receivers:
            arrived.set()


async def _wait(arrived: asyncio.Event, wait_s: float) -> None:
    try:
        async with asyncio.timeout(max(0.0, wait_s)):
            await arrived.wait()
    except TimeoutError:
        return
