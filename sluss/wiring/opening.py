"""Collects what parts need besides their ports: closing, freeing and tending."""

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

from core.again import Troubles

Act = Callable[[], Coroutine[Any, Any, None]]


class Opening:
    """The builder of a part tells it how to close the part, and what else it needs.

    ``frees`` take over what a killed process held; only files of one machine need that, and only
    the one process that works on them may do it. ``tends`` run in a worker for as long as it lives,
    each under the name that its troubles are told by.
    """

    def __init__(self, closes: AsyncExitStack) -> None:
        self._closes = closes
        self.troubles = Troubles()
        self.frees: list[Act] = []
        self.tends: list[tuple[str, Act]] = []

    def closed_by(self, close: Act) -> None:
        self._closes.push_async_callback(close)
