"""What is done with a message of each queue."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from core import jobs
from core.consumer import Work
from core.errors import RefusedByStoreError
from core.events.codec import decode_batch
from core.handle import Handle
from core.jobs import Job
from core.ports import Message

Route = Callable[[Any], Awaitable[None]]


def events_work(handle: Handle) -> Work:
    """A message of the queue "events" carries what one delivery brought.

    What the store refuses is that event's own fault: the others are handled all the same.
    """

    async def work(message: Message) -> None:
        refused: RefusedByStoreError | None = None
        for event in decode_batch(message.body):
            try:
                await handle(event)
            except RefusedByStoreError as error:
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
