"""Repeats work beside the queues, and waits for outside systems that are down."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from core.errors import UnavailableError

log = logging.getLogger(__name__)


async def every(seconds: float, look: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await look()
        except UnavailableError as error:
            log.warning("%s", error, extra={"action": "looked_in_vain"})
        await asyncio.sleep(seconds)


async def until_well(attempt: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await attempt()
        except UnavailableError as error:
            log.warning("%s", error, extra={"action": "waits_for_system"})
            await asyncio.sleep(error.retry_after_s)
        else:
            return
