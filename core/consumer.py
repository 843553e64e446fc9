"""Takes messages from a queue and has them handled: it settles after the work, never before.

A broad ``except`` stands here (CONTRIBUTING.md names all of them): an error that nobody expected is
a bug's, gets one more try, and then becomes a dead letter. Waiting is no work: what cannot be done
now is given back for later, so that it holds no slot and no lock, and no try is counted.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from core.again import FIRST_PAUSE_S, SPREAD, Troubles, keep
from core.errors import (
    ForeignEventError,
    InterruptedWorkError,
    LockLostError,
    RefusedByChatError,
    RefusedByStoreError,
    UnavailableError,
    VersionConflictError,
)
from core.ports import Message, Queue, Received
from core.scrub import scrub
from core.words import GIVEN_BACK, message_id, original_id

log = logging.getLogger(__name__)

Work = Callable[[Message], Awaitable[None]]
Bury = Callable[[Message, str], Awaitable[None]]
Settle = Callable[[Received], Awaitable[None]]

RECEIVE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 5.0  # while the queue is away
FINISH_S: Final = 20.0  # container platforms kill some 30 s after they said so
SHARE: Final = 3  # a lock is renewed after a third of its length, so one renewal may fail
RETRY_SHARE: Final = 20

CANCELLED: Final = (
    "The lock of {id} was lost while it was worked on. The work was cancelled here and is done "
    "again by whoever has the message now."
)


class Consumer:
    """``work`` handles one message; ``bury`` is told of a message that becomes a dead letter."""

    def __init__(
        self,
        queue: Queue,
        work: Work,
        bury: Bury,
        *,
        name: str,
        at_once: int = 4,
        troubles: Troubles | None = None,
    ) -> None:
        self._queue = queue
        self._troubles = troubles or Troubles()
        self._work = work
        self._bury = bury
        self._name = name
        self._at_once = at_once
        self._under_work: set[asyncio.Task[None]] = set()
        self._has_room = asyncio.Event()
        self._is_stopped = asyncio.Event()
        self._receiving = asyncio.Lock()

    async def run(self) -> None:
        """Handle messages until it is stopped, or cancelled.

        Then the expiry of the locks gives everything back.
        """
        async with asyncio.TaskGroup() as tasks:
            await keep(
                f"taking from the queue {self._name}",
                partial(self._take, tasks),
                self._troubles,
                longest_s=LONGEST_PAUSE_S,
                until=self._is_stopped,
            )

    async def stop(self, finish_s: float = FINISH_S) -> None:
        """Receive no more, let what is short come to its end, and give the rest back at once."""
        self._is_stopped.set()
        self._has_room.set()
        async with self._receiving:  # what came in the last moment is under work from here on
            pass
        if self._under_work:
            await asyncio.wait(self._under_work, timeout=finish_s)
        for task in self._under_work:
            task.cancel()
        while self._under_work:
            await asyncio.wait(self._under_work)

    async def _take(self, tasks: asyncio.TaskGroup) -> None:
        async with self._receiving:
            for received in await self._receive():
                task = tasks.create_task(self._attend(received))
                self._under_work.add(task)
                task.add_done_callback(self._done)
        await self._room()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_work.discard(task)
        self._has_room.set()

    async def _room(self) -> None:
        while len(self._under_work) >= self._at_once and not self._is_stopped.is_set():
            self._has_room.clear()
            await self._has_room.wait()

    async def _receive(self) -> list[Received]:
        """A message that is on its way to us when we are stopped goes back when its lock ends."""
        room = self._at_once - len(self._under_work)
        receiving = asyncio.ensure_future(self._queue.receive(room, wait_s=RECEIVE_S))
        stopped = asyncio.ensure_future(self._is_stopped.wait())
        try:
            await asyncio.wait({receiving, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return receiving.result() if receiving.done() else []
        finally:
            receiving.cancel()
            stopped.cancel()

    async def _attend(self, received: Received) -> None:
        try:
            settle = await self._worked(received)
            await settle(received)
        except LockLostError as error:
            # Whoever has it now does the work; it is idempotent.
            self._say(logging.WARNING, "lock_lost", error)
        except UnavailableError as error:
            # It comes again by itself when its lock ends, and is then found done.
            self._say(logging.WARNING, "settle_failed", error)
        except Exception:
            log.exception("a bug", extra={"action": "settle_failed", "queue": self._name})

    async def _worked(self, received: Received) -> Settle:
        """Work on it while its lock holds; return how it is to be settled.

        Raise LockLostError as soon as the lock is lost: the work is cancelled by then.
        """
        if self._is_stopped.is_set():  # it came in the last moment
            return self._queue.abandon
        try:
            async with held(self._queue, received):
                return await self._outcome(received.message)
        except asyncio.CancelledError:
            if not self._is_stopped.is_set():
                raise
            self._say(logging.INFO, "interrupted", InterruptedWorkError())
            return self._queue.abandon

    async def _outcome(self, message: Message) -> Settle:
        try:
            await self._work(message)
        except InterruptedWorkError as error:
            self._say(logging.INFO, "interrupted", error)
            return self._queue.abandon
        except UnavailableError as error:
            return self._later(error)
        except VersionConflictError as error:
            return self._later(UnavailableError(str(error), retry_after_s=FIRST_PAUSE_S))
        except (ForeignEventError, RefusedByChatError, RefusedByStoreError) as error:
            return await self._buried(message, scrub(str(error)))
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as error:  # a library's exit is no reason for ours
            log.exception("a bug", extra={"action": "work_failed", "queue": self._name})
            if message.failures == 0:
                return self._once_more
            return await self._buried(message, f"{type(error).__name__} in {self._name}, twice")
        return self._queue.complete

    async def _buried(self, message: Message, reason: str) -> Settle:
        """Tell ``bury`` before the message is settled: after a crash it is told the same again."""
        try:
            await self._bury(message, reason)
        except UnavailableError as error:
            return self._later(error)
        except Exception:
            log.exception("a bug", extra={"action": "bury_failed", "queue": self._name})

        async def settle(received: Received) -> None:
            await self._queue.dead_letter(received, reason)
            extra = {"action": "dead_lettered", "queue": self._name, "message_id": message.id}
            log.error("dead letter", extra=extra)

        return settle

    def _later(self, error: UnavailableError) -> Settle:
        async def settle(received: Received) -> None:
            waits = received.message.waits + 1
            pause_s = pause(waits, error)
            self._say(logging.INFO, "waits", error)
            await self._give_back(received, pause_s, waits=waits)

        return settle

    async def _once_more(self, received: Received) -> None:
        await self._give_back(received, 0.0, failures=received.message.failures + 1)

    async def _give_back(self, received: Received, pause_s: float, **counts: int) -> None:
        """Send a copy under a new id, then settle this one: a crash between the two loses nothing.

        The old id would be swallowed by duplicate detection, and a copy sent twice is.
        """
        name = _next_name(received.message.id)
        copy = msgspec.structs.replace(received.message, id=name, **counts)
        due = datetime.now(UTC) + timedelta(seconds=pause_s)
        await self._queue.schedule(copy, due)
        await self._queue.complete(received)

    def _say(self, level: int, action: str, error: Exception) -> None:
        log.log(level, "%s", error, extra={"action": action, "queue": self._name})


def _next_name(name: str) -> str:
    """The id has its own count: our others begin anew when a dead letter is sent again."""
    found = GIVEN_BACK.search(name)
    times = int(found[1]) + 1 if found else 1
    return message_id(original_id(name), f"~later-{times}")


def pause(waits: int, error: UnavailableError) -> float:
    """Return the seconds until the next try: longer each time, within what the system asks for."""
    growing = FIRST_PAUSE_S * 2.0 ** min(waits - 1, 16)
    wanted = max(error.retry_after_s, min(growing, error.longest_s))
    return wanted * (1 + random.random() * SPREAD)  # noqa: S311 - nobody has to be unable to guess it


@asynccontextmanager
async def held(queue: Queue, received: Received) -> AsyncIterator[None]:
    """Raise LockLostError when the lock is lost, or must have expired: the body is cancelled then.

    Somebody else has the message from that moment on, and the same work must not be done twice at
    the same time.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(loop.time() + received.lock_s) as limit:
            renewing = asyncio.create_task(_renew(queue, received, limit))
            try:
                yield
            finally:
                renewing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await renewing
    except TimeoutError:
        if not limit.expired():
            raise
    if limit.expired():  # also where the work made an error of its own of being cancelled
        raise LockLostError(CANCELLED.format(id=received.message.id))


async def _renew(queue: Queue, received: Received, limit: asyncio.Timeout) -> None:
    """A renewal that does not get through is tried again, until the lock must be over."""
    share = SHARE
    while True:
        await asyncio.sleep(received.lock_s / share)
        share = SHARE if await _renewed(queue, received, limit) else RETRY_SHARE


async def _renewed(queue: Queue, received: Received, limit: asyncio.Timeout) -> bool:
    began = asyncio.get_running_loop().time()
    until = began + received.lock_s
    try:
        await queue.renew(received)
    except LockLostError:
        until = began
    except UnavailableError as error:
        log.warning("%s", error, extra={"action": "renewal_failed"})
        return False
    if not limit.expired():
        limit.reschedule(until)
    return True
