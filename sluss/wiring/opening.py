"""Collects what parts need besides their ports: closing, freeing and tending."""

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

from core.again import Troubles
from core.errors import SlussError

Act = Callable[[], Coroutine[Any, Any, None]]
End = Callable[[], Coroutine[Any, Any, object]]


class Opening:
    """The builder of a part tells it how to close the part, and what else it needs.

    ``frees`` take over what a killed process held; only files of one machine need that, and only
    the one process that works on them may do it. ``tends`` run in a worker for as long as it lives,
    each under the name that its troubles are told by. A start that ``is_passing`` leaves no process
    behind.
    """

    def __init__(self, closes: AsyncExitStack, *, is_passing: bool = False) -> None:
        self._closes = closes
        self.troubles = Troubles()
        self._is_passing = is_passing
        self.frees: list[Act] = []
        self.tends: list[tuple[str, Act]] = []

    def closed_by(self, close: Act) -> None:
        self._closes.push_async_callback(close)

    def ended_by(self, end: End) -> None:
        """End what outlives a start by design, where the start is passing or ends by an error.

        An error of the system is told in a sentence, as ours are; after a bug all of it stays.
        """

        async def end_unless_kept(
            _kind: type[BaseException] | None,
            error: BaseException | None,
            _trace: TracebackType | None,
        ) -> None:
            if self._is_passing or isinstance(error, SlussError | OSError):
                await end()

        self._closes.push_async_exit(end_unless_kept)
