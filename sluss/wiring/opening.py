"""What the builders of parts leave behind: how to close, what to free, what to look after."""

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

Act = Callable[[], Coroutine[Any, Any, None]]


class Opening:
    """A builder tells it what its part needs beyond its port.

    ``frees`` take over what a killed process held; only files of one machine have such, and only
    the one process that works on them may. ``tends`` run in a worker for as long as it lives.
    """

    def __init__(self, closes: AsyncExitStack) -> None:
        self._closes = closes
        self.frees: list[Act] = []
        self.tends: list[Act] = []

    def closed_by(self, close: Act) -> None:
        self._closes.push_async_callback(close)
