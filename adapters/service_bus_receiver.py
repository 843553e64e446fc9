"""A receiver that many tasks share and that is replaced, never repaired, when its link breaks.

The SDK opens a broken link again by itself, but from every task that meets the break: one task then
closes what another has just opened, and the locks run out meanwhile. So its own retries are off.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from azure.servicebus.aio import ServiceBusReceiver, ServiceBusSender
from azure.servicebus.exceptions import (
    MessageAlreadySettled,
    MessageLockLostError,
    MessageNotFoundError,
    MessageSizeExceededError,
    MessagingEntityNotFoundError,
    ServiceBusAuthenticationError,
    ServiceBusAuthorizationError,
    ServiceBusConnectionError,
    ServiceBusError,
    ServiceBusServerBusyError,
)

from adapters.service_bus_errors import check_open

T = TypeVar("T")

ANSWERS = (
    MessageAlreadySettled,
    MessageLockLostError,
    MessageNotFoundError,
    MessageSizeExceededError,
)
# From inside the SDK when two tasks meet the same break and both close its connection.
COLLISIONS = (ValueError, AttributeError, OSError)
SETTINGS = (
    MessagingEntityNotFoundError,
    ServiceBusAuthenticationError,
    ServiceBusAuthorizationError,
)


@dataclass
class Line:
    """One receiver of the SDK and how many tasks are using it."""

    receiver: ServiceBusReceiver
    users: int = 0
    is_broken: bool = False


class SharedReceiver:
    """``build`` makes a receiver that does not try again by itself (``retry_total=0``)."""

    def __init__(
        self, build: Callable[[], ServiceBusReceiver], *, retries: int, backoff_s: float
    ) -> None:
        self._build = build
        self._retries = retries
        self._backoff_s = backoff_s
        self._line: Line | None = None
        self._opening = asyncio.Lock()
        self._is_closed = False

    async def run(self, act: Callable[[ServiceBusReceiver], Awaitable[T]]) -> T:
        """Do it again on a new link when the link breaks; ``act`` must bear that."""
        for attempt in range(self._retries):
            try:
                return await self._run_once(act)
            except (*ANSWERS, *SETTINGS):
                raise
            except ServiceBusError:
                await asyncio.sleep(self._backoff_s * 2**attempt)
        return await self._run_once(act)

    async def _run_once(self, act: Callable[[ServiceBusReceiver], Awaitable[T]]) -> T:
        line = await self._join()
        try:
            return await act(line.receiver)
        except (*ANSWERS, ServiceBusServerBusyError):
            raise
        except ServiceBusError:
            line.is_broken = True
            raise
        except COLLISIONS as error:
            line.is_broken = True
            raise ServiceBusConnectionError(error=error) from error
        finally:
            await self._leave(line)

    async def _join(self) -> Line:
        async with self._opening:
            check_open(is_closed=self._is_closed)
            if self._line is None or self._line.is_broken:
                self._line = await self._open()
            self._line.users += 1
            return self._line

    async def _open(self) -> Line:
        receiver = self._build()
        try:
            await receiver.__aenter__()
        except ServiceBusError:
            await close_quietly(receiver)
            raise
        return Line(receiver)

    async def _leave(self, line: Line) -> None:
        """The last one out closes a broken line: the others' work on it may still succeed."""
        line.users -= 1
        if line.is_broken and line.users == 0:
            await close_quietly(line.receiver)

    async def close(self) -> None:
        async with self._opening:
            self._is_closed = True
            if self._line is not None:
                await close_quietly(self._line.receiver)


async def close_quietly(handler: ServiceBusReceiver | ServiceBusSender) -> None:
    """What cannot be closed is broken already."""
    with suppress(ServiceBusError, *COLLISIONS):
        await handler.close()
