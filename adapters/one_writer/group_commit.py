"""One thread writes for everybody; what waits while it writes shares the next commit.

A commit waits for the disk, so a transaction for each write would be as slow as the disk is.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

from core.errors import SlussError

log = logging.getLogger(__name__)

W = TypeVar("W")

LONGEST_WAIT_S: Final = 0.001  # how long a batch waits for more work


class Request(Generic[W]):
    """One piece of work, the future that waits for it, and what came of it."""

    __slots__ = ("error", "future", "is_done", "result", "work")

    def __init__(self, work: W, future: asyncio.Future[Any]) -> None:
        self.work = work
        self.future = future
        self.result: Any = None
        self.error: Exception | None = None
        self.is_done = False


Batch = list[Request[W]]


class GroupCommit(Generic[W]):
    """Gathers the work of one event loop into batches, which its thread commits one by one.

    ``commit`` runs in the thread: it does all work of a batch in one transaction and puts the
    outcome of each into ``result`` or ``error``. ``disconnect`` runs there at the end, and
    ``closed`` makes the error for work that was not written by then.

    Callers that wrote together mostly come back together: a batch waits a moment until it is as
    large as the last one. Fewer, fuller commits leave more of the processor to everybody else.
    """

    def __init__(
        self,
        commit: Callable[[Batch[W]], None],
        disconnect: Callable[[], None],
        *,
        name: str,
        closed: Callable[[], SlussError],
    ) -> None:
        self._commit = commit
        self._disconnect = disconnect
        self._closed = closed
        self._gathered: Batch[W] = []
        self._expected = 1
        self._is_writing = False
        self._is_closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._batches: SimpleQueue[Batch[W] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name=f"writer {name}", daemon=True)
        self._thread.start()

    def submit(self, work: W) -> asyncio.Future[Any]:
        """Return a future that is done when ``work`` is committed; it fails when none is kept."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._is_closed:
            future.set_exception(self._closed())
            return future
        self._gathered.append(Request(work, future))
        self._start_if_full()
        return future

    async def close(self, patience_s: float | None = None) -> None:
        """Write what was submitted, then end the thread; wait for it ``patience_s`` at most."""
        if not self._is_closed:
            self._is_closed = True
            self._start()
            self._batches.put(None)
        await asyncio.to_thread(self._thread.join, patience_s)

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

    def _end(self, batch: Batch[W]) -> None:
        for request in batch:
            self._tell(request)
        self._is_writing = False
        self._start_if_full()

    def _tell(self, request: Request[W]) -> None:
        if request.future.done():  # the caller was cancelled
            return
        if request.error is None and request.is_done:
            request.future.set_result(request.result)
            return
        request.future.set_exception(request.error or self._closed())

    # The rest runs in the thread.

    def _write(self) -> None:
        batch: Batch[W] | None = []
        try:
            while (batch := self._batches.get()) is not None:
                self._commit(batch)
                for request in batch:
                    request.is_done = True
                self._settle(batch)
        finally:  # also after a bug: nobody may wait for ever, or take it as written
            self._is_closed = True
            self._disconnect()
            self._settle((batch or []) + self._gathered)

    def _settle(self, batch: Batch[W]) -> None:
        """Hand the whole batch back to the event loop in one wake-up."""
        if not batch:
            return
        try:
            batch[0].future.get_loop().call_soon_threadsafe(self._end, batch)
        except RuntimeError:  # the loop has ended: nobody waits any more
            log.warning("nobody waits", extra={"action": "loop_ended"})
