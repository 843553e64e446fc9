"""One queue: messages, locks, duplicate detection, and the dead-letter queue behind it."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Protocol
from uuid import UUID

from tests.peers.service_bus.codec import Symbol
from tests.peers.service_bus.duplicates import DuplicateWindow
from tests.peers.service_bus.errors import (
    MESSAGE_LOCK_LOST,
    MESSAGE_NOT_FOUND,
    MESSAGE_TOO_LARGE,
    NOT_ALLOWED,
    AmqpError,
)
from tests.peers.service_bus.message import DUE_AT, Lock, Message, MessageState
from tests.peers.service_bus.sections import Sections

DEAD_LETTER_SUFFIX = "/$deadletterqueue"
LOCK_LOST = "The lock is invalid: it expired, or the message has already been removed."
TOO_MANY_DELIVERIES = "Message could not be consumed after {} delivery attempts."


@dataclass(frozen=True)
class QueueOptions:
    """The settings of a queue, with the defaults of the service."""

    lock_duration_s: float = 60.0
    max_delivery_count: int = 10
    duplicate_window_s: float | None = None  # None: duplicates are not looked for
    max_message_bytes: int = 262_144


@dataclass(frozen=True)
class QueueCounts:
    """How many messages are where; each is counted once (Azure's active count has the locked too)."""

    active: int
    locked: int
    scheduled: int
    deferred: int
    dead_letter: int


@dataclass
class QueueTotals:
    """What has happened to a queue since it exists."""

    sent: int = 0
    duplicates: int = 0
    deliveries: int = 0
    completed: int = 0
    expired_locks: int = 0


class Consumer(Protocol):
    """A receiver that may have credit for messages."""

    def has_room(self) -> bool: ...
    def deliver(self, message: Message) -> None: ...
    def detach(self, error: AmqpError) -> None: ...


class Queue:
    """Messages in the order of their sequence numbers; a dead-letter queue has none behind it."""

    def __init__(self, name: str, options: QueueOptions, *, is_dead_letter: bool = False) -> None:
        self.name = name
        self.options = options
        self.messages: dict[int, Message] = {}
        self.consumers: deque[Consumer] = deque()
        self.totals = QueueTotals()
        self.dead_letters: Queue | None = None
        if not is_dead_letter:
            behind = replace(options, duplicate_window_s=None)
            self.dead_letters = Queue(name + DEAD_LETTER_SUFFIX, behind, is_dead_letter=True)
        self._locked: dict[UUID, Message] = {}
        self._sequence_numbers = count(1)
        self._duplicates = DuplicateWindow(options.duplicate_window_s)

    @property
    def counts(self) -> QueueCounts:
        states = [message.state for message in self.messages.values() if message.lock is None]
        return QueueCounts(
            active=states.count(MessageState.ACTIVE),
            locked=len(self._locked),
            scheduled=states.count(MessageState.SCHEDULED),
            deferred=states.count(MessageState.DEFERRED),
            dead_letter=len(self.dead_letters.messages) if self.dead_letters else 0,
        )

    def check_size(self, payload: bytes) -> None:
        if len(payload) > self.options.max_message_bytes:
            raise AmqpError(MESSAGE_TOO_LARGE, f"{len(payload)} bytes are more than the limit.")

    def put(self, sections: Sections, *, delivery_count: int = 0) -> Message:
        """Store a message; a duplicate gets a sequence number, as a success, but no place."""
        number = next(self._sequence_numbers)
        message = Message(number, sections, delivery_count=delivery_count)
        if self._duplicates.is_duplicate(sections.message_id):
            self.totals.duplicates += 1
            return message
        self.totals.sent += 1
        self.messages[number] = message
        wait_s = message.due_at - time.time()
        if wait_s > 0:
            message.state = MessageState.SCHEDULED
            asyncio.get_running_loop().call_later(wait_s, self._activate, message)
        self.hand_out()
        return message

    def _activate(self, message: Message) -> None:
        if message.sequence_number not in self.messages:
            return  # cancelled in the meantime
        message.state = MessageState.ACTIVE
        message.enqueued_at = time.time()
        self.hand_out()

    def hand_out(self) -> None:
        """Deliver what is waiting to receivers with credit, in turn."""
        if not any(consumer.has_room() for consumer in self.consumers):
            return
        for message in self.messages.values():
            if not message.is_waiting:
                continue
            consumer = self._next_consumer()
            if consumer is None:
                return
            self._lock(message)
            consumer.deliver(message)

    def _next_consumer(self) -> Consumer | None:
        for _ in range(len(self.consumers)):
            self.consumers.rotate(-1)
            if self.consumers[-1].has_room():
                return self.consumers[-1]
        return None

    def _lock(self, message: Message) -> None:
        duration_s = self.options.lock_duration_s
        timer = asyncio.get_running_loop().call_later(duration_s, self._expire, message)
        message.lock = Lock(time.time() + duration_s, timer)
        self._locked[message.lock.token] = message
        self.totals.deliveries += 1

    def _unlock(self, message: Message) -> None:
        if message.lock is None:
            return
        message.lock.timer.cancel()
        del self._locked[message.lock.token]
        message.lock = None

    def _held(self, token: UUID) -> Message:
        message = self._locked.get(token)
        if message is None:
            raise AmqpError(MESSAGE_LOCK_LOST, LOCK_LOST)
        return message

    def _expire(self, message: Message) -> None:
        self.totals.expired_locks += 1
        self._give_back(message)

    def expire_locks(self) -> None:
        """Take every lock away now; the clients are not told, as with a real expiry."""
        for message in list(self._locked.values()):
            self._expire(message)

    def renew(self, token: UUID) -> float:
        lock = self._held(token).lock
        duration_s = self.options.lock_duration_s
        lock.timer.cancel()
        lock.until = time.time() + duration_s
        loop = asyncio.get_running_loop()
        lock.timer = loop.call_later(duration_s, self._expire, self._locked[token])
        return lock.until

    def complete(self, token: UUID) -> None:
        self._remove(self._held(token))
        self.totals.completed += 1

    def release(self, token: UUID) -> None:
        """Give a message back that nobody tried to process."""
        self._unlock(self._held(token))
        self.hand_out()

    def abandon(self, token: UUID) -> None:
        self._give_back(self._held(token))

    def defer(self, token: UUID) -> None:
        message = self._held(token)
        self._unlock(message)
        message.state = MessageState.DEFERRED
        message.delivery_count += 1

    def dead_letter(self, token: UUID, reason: str | None, description: str | None) -> None:
        if self.dead_letters is None:
            raise AmqpError(NOT_ALLOWED, "A dead letter cannot be dead-lettered again.")
        self._bury(self._held(token), reason, description)

    def _give_back(self, message: Message) -> None:
        self._unlock(message)
        message.delivery_count += 1
        attempts = message.delivery_count
        # Behind a dead-letter queue is nothing: its messages are delivered without limit.
        if self.dead_letters is not None and attempts >= self.options.max_delivery_count:
            self._bury(message, "MaxDeliveryCountExceeded", TOO_MANY_DELIVERIES.format(attempts))
        self.hand_out()

    def _bury(self, message: Message, reason: str | None, description: str | None) -> None:
        self._remove(message)
        why = {"DeadLetterReason": reason, "DeadLetterErrorDescription": description}
        why = {name: text for name, text in why.items() if text is not None}
        annotations = {k: v for k, v in message.sections.annotations.items() if k != DUE_AT}
        annotations[Symbol("x-opt-deadletter-source")] = self.name
        annotations[Symbol("x-opt-enqueue-sequence-number")] = message.sequence_number
        properties = {**message.sections.application_properties, **why}
        buried = replace(
            message.sections, annotations=annotations, application_properties=properties
        )
        self.dead_letters.put(buried, delivery_count=message.delivery_count)

    def _remove(self, message: Message) -> None:
        self._unlock(message)
        del self.messages[message.sequence_number]

    def peek(self, first: int, limit: int) -> list[Message]:
        later = (message for number, message in self.messages.items() if number >= first)
        return list(islice(later, limit))

    def take_deferred(self, sequence_number: int) -> Message:
        message = self.messages.get(sequence_number)
        if message is None or message.state is not MessageState.DEFERRED or message.lock:
            raise AmqpError(MESSAGE_NOT_FOUND, f"There is no deferred {sequence_number}.")
        self._lock(message)
        return message

    def cancel_scheduled(self, sequence_numbers: Iterable[int]) -> None:
        for number in sequence_numbers:
            message = self.messages.get(number)
            if message is None or message.state is not MessageState.SCHEDULED:
                raise AmqpError(MESSAGE_NOT_FOUND, f"There is no scheduled {number}.")
            self._remove(message)
