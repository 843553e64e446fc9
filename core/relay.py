"""Carry jobs from the outbox to the queues, one lane beside the other.

It may send twice: duplicate detection and ids cope.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from core.errors import QueueUnavailableError, StoreUnavailableError
from core.jobs import Lane
from core.ports import Outbox, Queue
from core.work import to_message

log = logging.getLogger(__name__)
BATCH: Final = 100
IDLE_S: Final = 5.0
PAUSE_S: Final = 1.0


async def relay_once(outbox: Outbox, lane: Lane, queue: Queue) -> int:
    """Send what is unsent, then mark it; return how many jobs were sent."""
    unsent = await outbox.unsent(BATCH, lane)
    if unsent:
        await queue.send(*map(to_message, unsent))
        await outbox.mark_sent([job.id for job in unsent])
    return len(unsent)


async def relay(outbox: Outbox, queues: Mapping[Lane, Queue]) -> None:
    """Until cancelled. A queue that is down delays its own lane alone."""
    async with asyncio.TaskGroup() as tasks:
        for lane, queue in queues.items():
            tasks.create_task(_relay(outbox, lane, queue))


async def _relay(outbox: Outbox, lane: Lane, queue: Queue) -> None:
    while True:
        try:
            sent = await relay_once(outbox, lane, queue)
        except (QueueUnavailableError, StoreUnavailableError) as error:
            log.warning("%s", error, extra={"action": "relay_waits", "queue": lane})
            await asyncio.sleep(PAUSE_S)
            continue
        if not sent:
            await outbox.wait_unsent(lane, IDLE_S)
