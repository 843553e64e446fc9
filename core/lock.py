"""Hold the lock of a message while its work lasts, and end the work where the lock is lost."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from core.errors import LockLostError, UnavailableError
from core.ports import Queue, Received

log = logging.getLogger(__name__)

SHARE: Final = 3  # it is renewed after a third of its length, so one renewal may fail
RETRY_SHARE: Final = 20

CANCELLED: Final = (
    "The lock of {id} was lost while it was worked on. The work was cancelled here and is done "
    "again by whoever has the message now."
)


@asynccontextmanager
async def held(queue: Queue, received: Received) -> AsyncIterator[None]:
    """Raise LockLostError when the lock is lost, or must have expired: the body is cancelled then.

    Somebody else has the message from that moment on, and the same work must not be done twice at
    the same time.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(loop.time() + received.lock_s) as limit:
            renewing = asyncio.create_task(_renew(queue, received, limit))
            try:
                yield
            finally:
                renewing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await renewing
    except TimeoutError:
        if not limit.expired():
            raise
        raise LockLostError(CANCELLED.format(id=received.message.id)) from None


async def _renew(queue: Queue, received: Received, limit: asyncio.Timeout) -> None:
    """A renewal that does not get through is tried again, until the lock must be over."""
    share = SHARE
    while True:
        await asyncio.sleep(received.lock_s / share)
        share = SHARE if await _renewed(queue, received, limit) else RETRY_SHARE


async def _renewed(queue: Queue, received: Received, limit: asyncio.Timeout) -> bool:
    began = asyncio.get_running_loop().time()
    until = began + received.lock_s
    try:
        await queue.renew(received)
    except LockLostError:
        until = began
    except UnavailableError as error:
        log.warning("%s", error, extra={"action": "renewal_failed"})
        return False
    if not limit.expired():
        limit.reschedule(until)
    return True
