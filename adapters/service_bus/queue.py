"""A queue of Azure Service Bus, with its locks, schedules, dead letters and duplicate detection.

One sender and one receiver stay open: opening either takes half a second and a connection.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from azure.servicebus import ServiceBusMessage, ServiceBusMessageState, ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusReceiver, ServiceBusSender
from azure.servicebus.exceptions import (
    MessageAlreadySettled,
    MessageLockLostError,
    MessageSizeExceededError,
    MessagingEntityDisabledError,
    MessagingEntityNotFoundError,
    ServiceBusAuthenticationError,
    ServiceBusAuthorizationError,
    ServiceBusError,
    ServiceBusQuotaExceededError,
    ServiceBusServerBusyError,
)

from adapters.service_bus.clients import Clients
from adapters.service_bus.dead_letters import DeadLetters, peek
from adapters.service_bus.messages import (
    MAX_REASON,
    lock_of,
    to_batches,
    to_received,
    to_service_bus,
)
from core.errors import LockLostError, MessageTooLargeError, QueueUnavailableError
from core.ports import DeadLetter, Message, Received

MIN_WAIT_S = 0.05  # the SDK refuses 0
COUNT_LIMIT = 1000
NO_TURN = "Queue {queue!r} does not answer earlier senders. Nothing was sent; try again."

Settle = Callable[[ServiceBusReceiver, ServiceBusReceivedMessage], Awaitable[None]]
# What timed out may still have been done: hence "counts as", and hence the fixed message ids.
NO_RIGHT = (
    "Service Bus refuses our identity at queue {queue!r}. Nothing counts as done; check the"
    " connection string, or that our identity has the roles Azure Service Bus Data Sender and"
    " Data Receiver on the namespace."
)
NO_QUEUE = (
    "Service Bus has no queue {queue!r}. Nothing counts as done; check the queue's name and the"
    " namespace in the settings, and that the queue was deployed."
)
DISABLED = "Queue {queue!r} is disabled. Nothing counts as done; enable it in Service Bus."
FULL = (
    "Queue {queue!r} is full, or its namespace has too many connections. Nothing counts as done;"
    " look at its dead letters and at the workers that should empty it."
)
BUSY = "Service Bus throttles queue {queue!r}. Nothing counts as done; try again later."
UNREACHABLE = "Queue {queue!r} cannot be reached ({error}). Nothing counts as done; try again."

# The first match counts, from special to general; the number is the seconds to wait.
UNAVAILABLE: tuple[tuple[tuple[type[ServiceBusError], ...], str, float], ...] = (
    ((ServiceBusAuthenticationError, ServiceBusAuthorizationError), NO_RIGHT, 30.0),
    ((MessagingEntityNotFoundError,), NO_QUEUE, 30.0),
    ((MessagingEntityDisabledError,), DISABLED, 30.0),
    ((ServiceBusQuotaExceededError,), FULL, 30.0),
    ((ServiceBusServerBusyError,), BUSY, 10.0),  # Azure asks for 10 s
    ((ServiceBusError,), UNREACHABLE, 5.0),
)


class ServiceBusQueue:
    """Implements ``core.ports.Queue``; it connects at the first use, and again after a break."""

    def __init__(self, clients: Clients) -> None:
        self._name = clients.queue
        self._turn_s = clients.patience.repair_s
        self._sender = clients.sender()
        self._receiver = clients.receiver()
        self._dead_letters = DeadLetters(clients.dead_letter_receiver())
        # The SDK promises no safety between tasks: sends take turns, and so do receives.
        self._sending = asyncio.Lock()
        self._receiving = asyncio.Lock()
        self._held: dict[str, ServiceBusReceivedMessage] = {}

    async def send(self, *messages: Message) -> None:
        """Send the messages in as many batches as they need.

        Raise MessageTooLargeError before any is sent.
        """
        await self._send(*map(to_service_bus, messages))

    async def _send(self, *messages: ServiceBusMessage) -> None:
        async def send(sender: ServiceBusSender) -> None:
            for batch in await to_batches(sender, messages):
                await sender.send_messages(batch)

        await self._in_turn(send)

    async def schedule(self, message: Message, not_before: datetime) -> None:
        later = to_service_bus(message)
        due = not_before.astimezone(UTC)

        async def schedule(sender: ServiceBusSender) -> None:
            await to_batches(sender, [later])  # refuses one that is too large; scheduling does not
            await sender.schedule_messages(later, due)

        await self._in_turn(schedule)

    async def _in_turn(self, act: Callable[[ServiceBusSender], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout(self._turn_s):
                await self._sending.acquire()
        except TimeoutError:
            raise QueueUnavailableError(NO_TURN.format(queue=self._name)) from None
        try:
            with in_our_words(self._name):
                await self._sender.run(act)
        finally:
            self._sending.release()

    async def receive(self, limit: int, wait_s: float) -> list[Received]:
        if limit <= 0:
            return []
        until = time.monotonic() + wait_s

        async def take(receiver: ServiceBusReceiver) -> list[ServiceBusReceivedMessage]:
            left_s = max(until - time.monotonic(), MIN_WAIT_S)
            return await receiver.receive_messages(limit, max_wait_time=left_s)

        async with self._receiving:
            with in_our_words(self._name):
                messages = await self._receiver.run(take)
        self._forget_expired()
        self._held.update({lock_of(message): message for message in messages})
        return [to_received(message) for message in messages]

    def _forget_expired(self) -> None:
        now = datetime.now(UTC)
        self._held = {
            lock: message for lock, message in self._held.items() if _is_locked(message, now)
        }

    async def renew(self, received: Received) -> None:
        message = self._message(received)

        async def renew(receiver: ServiceBusReceiver) -> None:
            await receiver.renew_message_lock(message)

        with in_our_words(self._name):
            await self._receiver.run(renew)

    async def complete(self, received: Received) -> None:
        await self._settle(received, ServiceBusReceiver.complete_message)

    async def abandon(self, received: Received) -> None:
        await self._settle(received, ServiceBusReceiver.abandon_message)

    async def dead_letter(self, received: Received, reason: str) -> None:
        async def bury(receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage) -> None:
            await receiver.dead_letter_message(message, reason=reason[:MAX_REASON])

        await self._settle(received, bury)

    async def _settle(self, received: Received, settle: Settle) -> None:
        message = self._message(received)
        with in_our_words(self._name):
            try:
                await self._receiver.run(lambda receiver: settle(receiver, message))
            except MessageLockLostError:
                if not await self._was_settled(message):
                    raise
        self._held.pop(received.lock, None)

    async def _was_settled(self, message: ServiceBusReceivedMessage) -> bool:
        """Tell whether a lost lock only means that the answer to the first settlement got lost.

        When no answer comes, the SDK settles a second time, and is told that there is no such lock
        any more. If the message is gone from the queue, the first settlement was done.
        """
        number = message.sequence_number
        if number is None or not _is_locked(message, datetime.now(UTC)):
            return False

        async def look(receiver: ServiceBusReceiver) -> list[ServiceBusReceivedMessage]:
            return await receiver.peek_messages(1, sequence_number=number)

        return all(each.sequence_number != number for each in await self._receiver.run(look))

    def _message(self, received: Received) -> ServiceBusReceivedMessage:
        message = self._held.get(received.lock)
        if message is None:
            raise LockLostError
        return message

    async def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        with in_our_words(self._name):
            return await self._dead_letters.read(limit)

    async def redrive(self, message_id: str) -> bool:
        """Send it again as ``<id>~redrive-<n>``: duplicate detection would drop the old id."""
        with in_our_words(self._name):
            return await self._dead_letters.redrive(message_id, self._send)

    async def waiting(self) -> int:
        """Count messages that are ready or under a lock, among the first ``COUNT_LIMIT``.

        The service tells its own count only to managers of the namespace, over another protocol.
        """
        seen = count = 0
        with in_our_words(self._name):
            async for message in peek(self._receiver):
                count += message.state is ServiceBusMessageState.ACTIVE
                seen += 1
                if seen == COUNT_LIMIT:
                    break
        return count

    async def close(self) -> None:
        """Close all at the same time: each may take a second."""
        await asyncio.gather(
            self._sender.close(), self._receiver.close(), self._dead_letters.close()
        )


def _is_locked(message: ServiceBusReceivedMessage, now: datetime) -> bool:
    return message.locked_until_utc is not None and message.locked_until_utc > now


@contextmanager
def in_our_words(queue: str) -> Iterator[None]:
    """Raise our own errors for what the client raises.

    The client's text stays in the cause, as it may name addresses that nobody needs to see.
    """
    try:
        yield
    except (MessageAlreadySettled, MessageLockLostError) as error:
        raise LockLostError from error
    except MessageSizeExceededError as error:
        raise MessageTooLargeError from error
    except ServiceBusError as error:
        raise unavailable(queue, error) from error


def unavailable(queue: str, error: ServiceBusError) -> QueueUnavailableError:
    text, retry_after_s = next(
        (text, after_s) for kinds, text, after_s in UNAVAILABLE if isinstance(error, kinds)
    )
    message = text.format(queue=queue, error=type(error).__name__)
    return QueueUnavailableError(message, retry_after_s=retry_after_s)
