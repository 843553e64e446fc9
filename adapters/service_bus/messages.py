"""Turns our messages into Service Bus messages, and those into ours."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from azure.servicebus import (
    ServiceBusMessage,
    ServiceBusMessageBatch,
    ServiceBusReceivedMessage,
)
from azure.servicebus.aio import ServiceBusSender
from azure.servicebus.amqp import AmqpMessageBodyType
from azure.servicebus.exceptions import MessageSizeExceededError

from core.ports import DeadLetter, Message, Received
from core.words import message_id

MAX_REASON = 4096  # of the service, for a dead letter's reason
WAITS, FAILURES = b"sluss.waits", b"sluss.failures"  # the SDK hands names out as bytes
SHORTEST_LOCK_S = 0.001
REDRIVEN = re.compile(r"~redrive-\d+$")


def to_service_bus(message: Message) -> ServiceBusMessage:
    counts = {WAITS: message.waits, FAILURES: message.failures}
    properties: dict[str | bytes, Any] = {n.decode(): count for n, count in counts.items() if count}
    return ServiceBusMessage(
        message.body, message_id=message.id, application_properties=properties or None
    )


async def to_batches(
    sender: ServiceBusSender, messages: Iterable[ServiceBusMessage]
) -> list[ServiceBusMessageBatch]:
    """Fill few batches. Raise the SDK's MessageSizeExceededError for one that fits in none."""
    batches: list[ServiceBusMessageBatch] = []
    for message in messages:
        if not batches or not _fits(batches[-1], message):
            batches.append(await sender.create_message_batch())
            batches[-1].add_message(message)
    return batches


def _fits(batch: ServiceBusMessageBatch, message: ServiceBusMessage) -> bool:
    try:
        batch.add_message(message)
    except MessageSizeExceededError:
        return False
    return True


def to_message(message: ServiceBusReceivedMessage) -> Message:
    """Read a message; another sender's may lack an id or bytes, and is still shown and settled."""
    name = str(message.message_id or f"unnamed-{message.sequence_number}")
    if message.correlation_id and REDRIVEN.search(name):
        name = message.correlation_id
    counts = message.application_properties or {}
    return Message(
        id=name,
        body=_body(message),
        waits=_count(counts.get(WAITS)),
        failures=_count(counts.get(FAILURES)),
    )


def _count(found: object) -> int:
    return found if isinstance(found, int) else 0


def _body(message: ServiceBusReceivedMessage) -> bytes:
    body = message.body
    if message.body_type is AmqpMessageBodyType.DATA:
        return b"".join(body)
    return body if isinstance(body, bytes) else str(body).encode()


def lock_of(message: ServiceBusReceivedMessage) -> str:
    return str(message.lock_token)


def to_received(message: ServiceBusReceivedMessage) -> Received:
    return Received(
        message=to_message(message),
        lock=lock_of(message),
        tries=message.delivery_count or 0,
        lock_s=_lock_s(message),
    )


def _lock_s(message: ServiceBusReceivedMessage) -> float:
    """Return what is left of the lock; right after receiving that is its whole length."""
    until = message.locked_until_utc
    left_s = (until - datetime.now(UTC)).total_seconds() if until else 0.0
    return max(left_s, SHORTEST_LOCK_S)


def to_dead_letter(message: ServiceBusReceivedMessage) -> DeadLetter:
    """Read a dead letter; ``since`` is when the service put it into the dead-letter queue."""
    why = [message.dead_letter_reason, message.dead_letter_error_description]
    return DeadLetter(
        message=to_message(message),
        reason=": ".join(text for text in why if text),
        since=(message.enqueued_time_utc or datetime.now(UTC)).astimezone(UTC),
    )


def redriven(dead: ServiceBusReceivedMessage) -> ServiceBusMessage:
    """Make a message ``<id>~redrive-<n>`` of the body; ``n`` is the dead letter's sequence number.

    Duplicate detection would drop the old id. Each dead letter has another number; one that is sent
    again after a crash has the same, so that duplicate detection drops the second message. The old
    id goes along as the correlation id, which ``to_message`` reads.
    """
    message = to_message(dead)
    return ServiceBusMessage(
        message.body,
        message_id=message_id(message.id, f"~redrive-{dead.sequence_number}"),
        correlation_id=message.id,
    )
