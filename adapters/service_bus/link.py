"""A link to a queue that many tasks share; a broken one is replaced, and never repaired.

The SDK opens a broken link again by itself, but from every task that meets the break: one task then
closes what another has just opened, and locks run out meanwhile. So its own retries are off.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from azure.servicebus.aio import ServiceBusReceiver, ServiceBusSender
from azure.servicebus.exceptions import (
    MessageAlreadySettled,
    MessageLockLostError,
    MessageNotFoundError,
    MessageSizeExceededError,
    MessagingEntityDisabledError,
    MessagingEntityNotFoundError,
    ServiceBusAuthenticationError,
    ServiceBusAuthorizationError,
    ServiceBusConnectionError,
    ServiceBusError,
    ServiceBusQuotaExceededError,
    ServiceBusServerBusyError,
)

from core.errors import QueueUnavailableError

logger = logging.getLogger(__name__)

H = TypeVar("H", ServiceBusSender, ServiceBusReceiver)
T = TypeVar("T")

CLOSED = "This queue was closed. Nothing was done; what it held comes again when its lock ends."

# The link is fine: these are answers, which another try would give again.
ANSWERS = (
    MessageAlreadySettled,
    MessageLockLostError,
    MessageNotFoundError,
    MessageSizeExceededError,
    ServiceBusQuotaExceededError,
)
# Another try is useless until a person changes something in Azure or in the settings.
SETTINGS = (
    MessagingEntityDisabledError,
    MessagingEntityNotFoundError,
    ServiceBusAuthenticationError,
    ServiceBusAuthorizationError,
)
# The SDK raises these when two tasks meet the same break and both close its connection.
COLLISIONS = (ValueError, AttributeError, OSError)


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a queue may keep us waiting, in seconds.

    ``try_s`` bounds one attempt and cannot be below 1: a link takes that long to open. ``repair_s``
    is how long we try again after a first failure; it is short, as a webhook waits for us.
    ``settle_s`` is how long the outcome of a settlement may take before the SDK settles again in
    another way. After a failure we wait ``backoff_s``, then twice that, up to ``max_backoff_s``.
    """

    try_s: float = 3.0
    repair_s: float = 4.0
    settle_s: float = 5.0
    backoff_s: float = 0.2
    max_backoff_s: float = 2.0


@dataclass
class Line(Generic[H]):
    """One sender or receiver of the SDK with its connection, and how many tasks are using it."""

    handler: H
    users: int = 0
    is_broken: bool = False


class SteadyLink(Generic[H]):
    """``build`` makes a sender or receiver that does not retry by itself (``retry_total=0``)."""

    def __init__(self, build: Callable[[], H], patience: Patience) -> None:
        self._build: Callable[[], H] = build
        self._patience = patience
        self._line: asyncio.Task[Line[H]] | None = None
        self._is_closed = False

    async def run(self, act: Callable[[H], Awaitable[T]]) -> T:
        """Call ``act``, again after a failure and on a new link if this one broke.

        ``act`` must be safe to repeat. Raise the SDK's last error when ``repair_s`` is over. But
        once the service has said that it throttles, that is told: what fails next says no more.
        """
        backoff_s = self._patience.backoff_s
        give_up = None
        reason: ServiceBusError | None = None
        while True:
            try:
                return await self._run_once(act)
            except (*ANSWERS, *SETTINGS):
                raise
            except ServiceBusError as error:
                # The service detaches a link after ten idle minutes: a first failure is normal.
                level = logging.WARNING if give_up else logging.INFO
                extra = {"action": "queue_try_failed", "error": type(error).__name__}
                logger.log(level, "Service Bus did not do what was asked", extra=extra)
                if not isinstance(reason, ServiceBusServerBusyError):
                    reason = error
            give_up = give_up or time.monotonic() + self._patience.repair_s
            if time.monotonic() + backoff_s > give_up:
                raise reason
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, self._patience.max_backoff_s)

    async def _run_once(self, act: Callable[[H], Awaitable[T]]) -> T:
        line = await self._join()
        try:
            return await act(line.handler)
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

    async def _join(self) -> Line[H]:
        """Open it once for all tasks that wait; they share a failure, or each would try in turn."""
        if self._is_closed:
            raise QueueUnavailableError(CLOSED)
        if self._line is None or _is_over(self._line):
            self._line = asyncio.create_task(self._open())
        line = await asyncio.shield(self._line)
        line.users += 1
        return line

    async def _open(self) -> Line[H]:
        handler = self._build()
        try:
            await handler.__aenter__()
        except ServiceBusError:
            await _close(handler)
            raise
        return Line(handler)

    async def _leave(self, line: Line[H]) -> None:
        """Close a broken line with its last user: the work of others on it may still succeed."""
        line.users -= 1
        if line.is_broken and line.users == 0:
            await _close(line.handler)

    async def close(self) -> None:
        self._is_closed = True
        if self._line is None:
            return
        with suppress(ServiceBusError):
            await _close((await self._line).handler)


def _is_over(line: asyncio.Task[Line[H]]) -> bool:
    if not line.done():
        return False
    return line.exception() is not None or line.result().is_broken


async def _close(handler: ServiceBusSender | ServiceBusReceiver) -> None:
    """Close the handler; an error is passed over, as what cannot be closed is broken already."""
    with suppress(ServiceBusError, *COLLISIONS):
        await handler.close()
