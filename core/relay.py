"""Carry jobs from the outbox to the queue. It may send twice: duplicate detection and ids cope."""

import asyncio
import logging

from core import jobs
from core.errors import QueueUnavailableError, StoreUnavailableError
from core.ports import Message, Outbox, Queue

log = logging.getLogger(__name__)
BATCH = 100
IDLE_S = 5.0


async def relay_once(outbox: Outbox, queue: Queue) -> int:
    """Send what is unsent, then mark it; return how many jobs were sent."""
    unsent = await outbox.unsent(BATCH)
    if unsent:
        await queue.send(*(Message(id=job.message_id(), body=jobs.encode(job)) for job in unsent))
        await outbox.mark_sent([job.id for job in unsent])
    return len(unsent)


async def relay(outbox: Outbox, queue: Queue) -> None:
    """Until cancelled."""
    while True:
        try:
            sent = await relay_once(outbox, queue)
        except (QueueUnavailableError, StoreUnavailableError) as error:
            log.warning("%s", error, extra={"action": "relay_waits"})
            await asyncio.sleep(1.0)
            continue
        if not sent:
            await outbox.wait_unsent(IDLE_S)
