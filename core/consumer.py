"""Take messages from a queue and have them handled: settle after the work, never before it.

The only broad ``except`` of Sluss is here: an error that nobody expected is one bug's, gets one
more try, and then becomes a dead letter. An outside system that is down counts no tries.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from core.errors import LockLostError, QueueUnavailableError, UnavailableError
from core.ports import Message, Queue, Received

log = logging.getLogger(__name__)

Work = Callable[[Message], Awaitable[None]]
Bury = Callable[[Message, str], Awaitable[None]]
RENEW_S = 10.0
PAUSE_S = 1.0


class Consumer:
    """``work`` handles one message; ``bury`` is told of a message that became a dead letter."""

    def __init__(
        self, queue: Queue, work: Work, bury: Bury, *, name: str, at_once: int = 4
    ) -> None:
        self._queue = queue
        self._work = work
        self._bury = bury
        self._name = name
        self._slots = asyncio.Semaphore(at_once)
        self._at_once = at_once

    async def run(self) -> None:
        """Until cancelled; what is under work then is given back by the expiry of its lock."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._slots.acquire()
                self._slots.release()
                for received in await self._receive():
                    await self._slots.acquire()
                    tasks.create_task(self._in_slot(received))

    async def _receive(self) -> list[Received]:
        free = max(1, self._slots._value)
        try:
            return await self._queue.receive(min(free, self._at_once), wait_s=5.0)
        except QueueUnavailableError as error:
            log.warning("%s", error, extra={"action": "queue_unavailable", "queue": self._name})
            await asyncio.sleep(PAUSE_S)
            return []

    async def _in_slot(self, received: Received) -> None:
        try:
            await self._handle(received)
        except (LockLostError, QueueUnavailableError) as error:
            # It comes again by itself, and is then found done: the work is idempotent.
            log.warning("%s", error, extra={"action": "settle_failed", "queue": self._name})
        finally:
            self._slots.release()

    async def _handle(self, received: Received) -> None:
        renewing = asyncio.create_task(self._renew(received))
        try:
            await self._until_available(received.message)
        except Exception as error:
            log.exception("a bug", extra={"action": "work_failed", "queue": self._name})
            await self._give_up(received, error)
            return
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
        await self._queue.complete(received)

    async def _until_available(self, message: Message) -> None:
        """A system that is down is waited for under the lock, so that no try is counted."""
        while True:
            try:
                return await self._work(message)
            except UnavailableError as error:
                log.info("%s", error, extra={"action": "waits", "queue": self._name})
                await asyncio.sleep(min(error.retry_after_s, 30.0))

    async def _give_up(self, received: Received, error: Exception) -> None:
        if received.tries == 0:
            await self._queue.abandon(received)
            return
        reason = f"{type(error).__name__} in {self._name}, twice"
        await self._bury(received.message, reason)
        await self._queue.dead_letter(received, reason)
        log.error(
            "dead letter", extra={"action": "dead_lettered", "message_id": received.message.id}
        )

    async def _renew(self, received: Received) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            with suppress(LockLostError, QueueUnavailableError):
                await self._queue.renew(received)
