"""Runs a blocking client in threads: neither who asks nor the end of the process waits for it."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, Final, Generic, TypeVar

from adapters.blocking.timed import TimedThread
from core.errors import InterruptedWorkError, UnavailableError

C = TypeVar("C")
T = TypeVar("T")
Begun = Callable[[], Awaitable[None]]
Translate = Callable[[], AbstractContextManager[None]]

LOOK_S: Final = 60.0  # for a whole call, of several requests
CLOSE_S: Final = 3.0
TOO_SLOW: Final = (
    "{name} did not come to the end of its answers within {limit_s:.0f} seconds. Nothing was lost; "
    "the work is tried again by itself."
)


class Blocking(Generic[C]):
    """``make`` imports the library of the system ``name`` and returns a client.

    It is called at the first use, in a thread. ``begun`` is waited for before each call: a server
    of ours takes some seconds to start. ``translate`` raises our errors for the client's. A call
    that never returns keeps its thread, but neither who asked nor the end of the process.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], C],
        *,
        threads: int,
        translate: Translate,
        begun: Begun | None = None,
    ) -> None:
        self._name = name
        self._make = make
        self._translate = translate
        self._begun = begun
        self._made: C | None = None
        self._making = threading.Lock()
        self._free = asyncio.Semaphore(threads)
        self._under_way: set[asyncio.Future[Any]] = set()
        self._is_closed = False

    async def ask(self, call: Callable[[C], T], *, limit_s: float = LOOK_S) -> T:
        """Return what the call returns. Raise UnavailableError when it takes longer."""
        if self._begun is not None:
            await self._begun()
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.shield(await self._started(call, limit_s))
        except TimeoutError:
            message = TOO_SLOW.format(name=self._name, limit_s=limit_s)
            raise UnavailableError(message) from None

    async def close(self) -> None:
        """Begin no more calls, and wait a little for those under way."""
        self._is_closed = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=CLOSE_S)

    async def _started(self, call: Callable[[C], T], limit_s: float) -> "asyncio.Future[T]":
        await self._free.acquire()
        if self._is_closed:
            self._free.release()
            raise InterruptedWorkError
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(self._ended)
        self._under_way.add(answer)
        TimedThread(self._name, lambda: self._answer(call), answer, limit_s).start()
        return answer

    def _ended(self, answer: "asyncio.Future[Any]") -> None:
        self._under_way.discard(answer)
        self._free.release()
        if not answer.cancelled():
            answer.exception()  # who asked may not wait for it any more

    def _answer(self, call: Callable[[C], T]) -> T:
        with self._translate():  # an address that cannot be used is refused when the client is made
            return call(self._client())

    def _client(self) -> C:
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made
