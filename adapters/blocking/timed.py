"""A thread for one call: the process can end while it runs, as nobody knows when it comes back."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")


class TimedThread(threading.Thread, Generic[T]):
    """It hands what the call returns or raises to ``answer``, in the loop of who asked."""

    def __init__(
        self, name: str, call: Callable[[], T], answer: "asyncio.Future[T]", limit_s: float
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._call = call
        self._answer = answer
        self._ends_at = time.monotonic() + limit_s

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self._ends_at

    def run(self) -> None:
        with self:
            self._tell(self._answer.set_result, self._call())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> bool:
        """Raise the error where the answer is waited for, and not here, where nobody sees it."""
        if error is not None:
            self._tell(self._answer.set_exception, error)
        return True

    def _tell(self, tell: Callable[[Any], None], what: object) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            self._answer.get_loop().call_soon_threadsafe(tell, what)
