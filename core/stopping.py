"""The end of this process, as its parts are told of it."""

import asyncio
from collections.abc import Callable
from typing import Final

from core.errors import InterruptedWorkError

SOON_S: Final = 1.0  # the stop may be seen that long after our children died of it
SPREAD_S: Final = 0.1  # whoever signals all processes does not reach them in one moment


class Stopping:
    """It tells our parts that this process ends; ``begin`` is called once.

    Container platforms signal all processes, not only the first: what a tool, a test or a run of
    ours has said that died of it is no finding.
    """

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self._took_children: Callable[[], bool] | None = None

    def tell_apart_by(self, took_children: Callable[[], bool]) -> None:
        """``took_children`` says whether whoever ends us ends our children too."""
        self._took_children = took_children

    def begin(self) -> None:
        self._begun.set()

    async def is_to_blame(self) -> bool:
        """Whether something bad that a step brings is of our own making."""
        if not await self._has_taken_children():
            return False
        try:
            async with asyncio.timeout(SOON_S):
                await self._begun.wait()
        except TimeoutError:
            return False
        return True

    async def let_go_of_spoilt(self) -> None:
        """Raise InterruptedWorkError when our own stop is to blame; call it with a bad result."""
        if await self.is_to_blame():
            raise InterruptedWorkError

    async def _has_taken_children(self) -> bool:
        if self._took_children is None:
            return False
        if self._took_children():
            return True
        await asyncio.sleep(SPREAD_S)
        return self._took_children()
