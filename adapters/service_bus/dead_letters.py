"""The dead letters of a Service Bus queue: read without a lock, sent again one by one."""

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
FIRST = 1  # without a number the SDK goes on behind the last page that it peeked

HELD_ELSEWHERE = (
    "The dead letter {id!r} is held by somebody else who sends it again or looks for another one."
    " Nothing was sent; try again in a few minutes."
)


async def peek(
    receiver: SteadyLink[ServiceBusReceiver], page: int = PAGE
) -> AsyncIterator[ServiceBusReceivedMessage]:
    """Every message of the (sub-)queue, oldest first; the service cuts pages as it likes."""
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
    """The dead-letter sub-queue, through a receiver of its own."""

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
        """Send first, then complete: a crash between the two duplicates and never loses."""
        async with self._redriving:
            position = await self._position(message_id)
            if position == 0:
                return False
            taken: list[ServiceBusReceivedMessage] = []
            try:
                dead = await self._take(message_id, position, taken)
                await send(redriven(dead))
                with suppress(MessageLockLostError):  # sent it is, and sending it again is harmless
                    await self._receiver.run(lambda receiver: receiver.complete_message(dead))
                taken.remove(dead)
            finally:
                await self._give_back(taken)
            return True

    async def _position(self, message_id: str) -> int:
        """1 is the oldest; 0 says that there is none."""
        position = 0
        async for message in peek(self._receiver):
            position += 1
            if to_message(message).id == message_id:
                return position
        return 0

    async def _take(
        self, message_id: str, position: int, taken: list[ServiceBusReceivedMessage]
    ) -> ServiceBusReceivedMessage:
        """Lock the oldest up to ours: no other way leads to it.

        Ask for no more than that: what is given back would at once come again for the rest.
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
            with suppress(ServiceBusError, MessageAlreadySettled):  # else its lock runs out
                await self._receiver.run(partial(_abandon, message=message))

    async def close(self) -> None:
        await self._receiver.close()


async def _take_batch(
    receiver: ServiceBusReceiver, *, limit: int
) -> list[ServiceBusReceivedMessage]:
    return await receiver.receive_messages(limit, max_wait_time=TAKE_WAIT_S)


async def _abandon(receiver: ServiceBusReceiver, *, message: ServiceBusReceivedMessage) -> None:
    await receiver.abandon_message(message)
