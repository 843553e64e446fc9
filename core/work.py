"""The way of a job through the queues: out of the outbox, and what is done with each message."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from core import jobs
from core.again import Troubles, keep
from core.confirm import Confirm
from core.consumer import Work
from core.errors import (
    ForeignEventError,
    MessageTooLargeError,
    RefusedByStoreError,
)
from core.events.codec import decode_batch
from core.handle import Handle
from core.jobs import Job, Lane
from core.origin import EventOrigin
from core.ports import Message, Outbox, Queue

Route = Callable[[Any], Awaitable[None]]
log = logging.getLogger(__name__)
BATCH: Final = 100
IDLE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 5.0  # while store or queue are away


def events_work(handle: Handle, confirm: Confirm | None = None) -> Work:
    """A message of the queue "events" carries what one delivery brought.

    ``confirm`` asks the host of git about each event first, where it can be asked. An event that is
    refused is that event's own fault: the others are handled all the same.
    """

    async def work(message: Message) -> None:
        refused: ForeignEventError | RefusedByStoreError | None = None
        for delivered in decode_batch(message.body):
            for event in (delivered,) if confirm is None else await confirm(delivered):
                try:
                    await handle(event, EventOrigin.OUTSIDE)
                except (ForeignEventError, RefusedByStoreError) as error:
                    refused = error
        if refused is not None:
            raise refused

    return work


def to_message(job: Job) -> Message:
    return Message(id=job.message_id(), body=jobs.encode(job))


def jobs_work(routes: Mapping[type[Job], Route]) -> Work:
    """A message of the other queues is one job; ``routes`` says who works it off."""

    async def work(message: Message) -> None:
        job = jobs.decode(message.body)
        await routes[type(job)](job)

    return work


async def relay_once(outbox: Outbox, lane: Lane, queue: Queue) -> int:
    """Send what is unsent, then mark it; return how many jobs were sent."""
    unsent = await outbox.unsent(BATCH, lane)
    if unsent:
        await _send(queue, unsent)
        await outbox.mark_sent([job.id for job in unsent])
    return len(unsent)


async def _send(queue: Queue, unsent: Sequence[Job]) -> None:
    """A job that no queue takes is left out: it would keep the others here for ever."""
    try:
        await queue.send(*map(to_message, unsent))
    except MessageTooLargeError as error:
        if len(unsent) == 1:
            extra = {"action": "job_too_large", "message_id": unsent[0].message_id()}
            log.error("%s", error, extra=extra)  # noqa: TRY400 - no bug: a trace says nothing
            return
        for job in unsent:
            await _send(queue, [job])


async def relay(
    outbox: Outbox, queues: Mapping[Lane, Queue], troubles: Troubles | None = None
) -> None:
    """Carry jobs from the outbox to the queues, one lane beside the other, until cancelled.

    It may send twice: duplicate detection and ids cope. A queue that is down delays its own
    lane alone.
    """
    told = troubles or Troubles()
    async with asyncio.TaskGroup() as tasks:
        for lane, queue in queues.items():
            turn = partial(_relay, outbox, lane, queue)
            name = f"sending to the queue {lane}"
            tasks.create_task(keep(name, turn, told, longest_s=LONGEST_PAUSE_S))


async def _relay(outbox: Outbox, lane: Lane, queue: Queue) -> None:
    if not await relay_once(outbox, lane, queue):
        await outbox.wait_unsent(lane, IDLE_S)
