"""The dead letters of a Service Bus queue: they are read without a lock and sent again singly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial

from azure.servicebus import ServiceBusMessage, ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusReceiver
from azure.servicebus.exceptions import MessageAlreadySettled, MessageLockLostError, ServiceBusError

from adapters.service_bus.link import SteadyLink
from adapters.service_bus.messages import redriven, to_dead_letter, to_message
from core.errors import QueueUnavailableError
from core.ports import DeadLetter

PAGE = 250
TAKE = 100
TAKE_WAIT_S = 2.0
FIRST = 1  # without a number the SDK goes on after the last page that it peeked

HELD_ELSEWHERE = (
    "The dead letter {id!r} is held by somebody else who sends it again or looks for another one."
    " Nothing was sent; try again in a few minutes."
)


async def peek(
    receiver: SteadyLink[ServiceBusReceiver], page: int = PAGE
) -> AsyncIterator[ServiceBusReceivedMessage]:
    """Give every message of the (sub-)queue, oldest first; a page may be smaller than asked for."""
    number = FIRST
    while messages := await receiver.run(partial(_page, number=number, size=page)):
        for message in messages:
            yield message
        number = (messages[-1].sequence_number or 0) + 1


async def _page(
    receiver: ServiceBusReceiver, *, number: int, size: int
) -> list[ServiceBusReceivedMessage]:
    return await receiver.peek_messages(size, sequence_number=number)


class DeadLetters:
    """The dead-letter sub-queue, which has a receiver of its own."""

    def __init__(self, receiver: SteadyLink[ServiceBusReceiver]) -> None:
        self._receiver = receiver
        self._redriving = asyncio.Lock()

    async def read(self, limit: int) -> list[DeadLetter]:
        found: list[DeadLetter] = []
        if limit <= 0:
            return found
        async for message in peek(self._receiver, min(limit, PAGE)):
            found.append(to_dead_letter(message))
            if len(found) == limit:
                break
        return found

    async def redrive(
        self, message_id: str, send: Callable[[ServiceBusMessage], Awaitable[None]]
    ) -> bool:
        """Send it again and then complete the dead letter: a crash between the two loses nothing.

        Return False when there is none of that id. Raise QueueUnavailableError when it is held.
        """
        async with self._redriving:
            position = await self._position(message_id)
            if position == 0:
                return False
            taken: list[ServiceBusReceivedMessage] = []
            try:
                dead = await self._take(message_id, position, taken)
                await send(redriven(dead))
                with suppress(MessageLockLostError):  # it was sent; a second time does no harm
                    await self._receiver.run(lambda receiver: receiver.complete_message(dead))
                taken.remove(dead)
            finally:
                await self._give_back(taken)
            return True

    async def _position(self, message_id: str) -> int:
        """Return its place among the dead letters, from 1 for the oldest; 0 when there is none."""
        position = 0
        async for message in peek(self._receiver):
            position += 1
            if to_message(message).id == message_id:
                return position
        return 0

    async def _take(
        self, message_id: str, position: int, taken: list[ServiceBusReceivedMessage]
    ) -> ServiceBusReceivedMessage:
        """Lock the dead letters up to ours, as the service gives them out in order only.

        More are not asked for: what is given back would at once be received again.
        """
        while left := position - len(taken):
            batch = await self._receiver.run(partial(_take_batch, limit=min(left, TAKE)))
            if not batch:
                break
            taken += batch
            for message in batch:
                if to_message(message).id == message_id:
                    return message
        raise QueueUnavailableError(HELD_ELSEWHERE.format(id=message_id), retry_after_s=60.0)

    async def _give_back(self, taken: list[ServiceBusReceivedMessage]) -> None:
        for message in taken:
            with suppress(ServiceBusError, MessageAlreadySettled):  # then its lock runs out
                await self._receiver.run(partial(_abandon, message=message))

    async def close(self) -> None:
        await self._receiver.close()


async def _take_batch(
    receiver: ServiceBusReceiver, *, limit: int
) -> list[ServiceBusReceivedMessage]:
    return await receiver.receive_messages(limit, max_wait_time=TAKE_WAIT_S)


async def _abandon(receiver: ServiceBusReceiver, *, message: ServiceBusReceivedMessage) -> None:
    await receiver.abandon_message(message)
