"""Reads a thing once for all who ask at the same time, and never gives what is older than asked."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar
from weakref import WeakValueDictionary

Key = TypeVar("Key", bound=Hashable)
T = TypeVar("T")

KEPT: Final = timedelta(minutes=1)


class Fresh(Generic[Key, T]):
    """What ``read`` has found by key, for a minute, and only for those whom it is new enough.

    Ten repositories of a project that are pushed together share one read. Whoever pushes or
    presses after a read gets another one, so nobody waits for a change that they have made already.
    """

    def __init__(self, read: Callable[[Key], Awaitable[T]], clock: Callable[[], datetime]) -> None:
        self._read = read
        self._clock = clock
        self._known: dict[Key, tuple[datetime, T]] = {}
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def get(self, key: Key, since: datetime) -> T:
        """Return what was begun to be read at ``since`` or later."""
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            began = self._clock()
            self._forget(began)
            known = self._known.get(key)
            if known is not None and known[0] >= since:
                return known[1]
            found = await self._read(key)
            self._known[key] = (began, found)
            return found

    def _forget(self, now: datetime) -> None:
        """Forget what is too old; a clock that was set back makes nothing young again."""
        for key, (began, _) in list(self._known.items()):
            if not timedelta() <= now - began < KEPT:
                del self._known[key]
