"""What the Service Bus queue does beyond the contract of every queue."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from azure.servicebus.amqp import AmqpAnnotatedMessage

from adapters.service_bus.queue import ServiceBusQueue
from core.errors import LockLostError, MessageTooLargeError, QueueUnavailableError
from tests.adapters.service_bus.ends import message, open_queue, receive_one
from tests.peers.service_bus import Broker
from tests.peers.service_bus.clients import ends_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_is_too_large_is_not_scheduled_either(broker: Broker, queue: ServiceBusQueue):
    with pytest.raises(MessageTooLargeError):
        await queue.schedule(message("huge", b"x" * 300_000), datetime.now(UTC))
    assert broker.queue("events").totals.sent == 0


async def test_nothing_is_sent_or_received_when_nothing_is_asked_for(queue: ServiceBusQueue):
    await queue.send()
    assert await queue.receive(0, 1) == []
    assert await queue.receive(1, 0) == []
    assert await queue.dead_letters(0) == []


async def test_waiting_counts_no_scheduled_and_no_dead_letters(queue: ServiceBusQueue):
    await queue.send(message("1"), message("2"), message("3"))
    await queue.schedule(message("later"), datetime.now(UTC) + timedelta(seconds=30))
    await queue.dead_letter(await receive_one(queue), "bad")
    assert await queue.waiting() == 2
    assert await queue.waiting() == 2  # the SDK's second look would begin behind the first


async def test_a_lock_that_the_service_took_away_is_lost(broker: Broker, queue: ServiceBusQueue):
    await queue.send(message("1"))
    received = await receive_one(queue)
    broker.queue("events").expire_locks()  # before its time, and nobody tells us
    for attempt in (queue.renew, queue.complete):
        with pytest.raises(LockLostError):
            await attempt(received)
    assert (await receive_one(queue)).tries == 1


async def test_locks_that_ran_out_are_forgotten(queue: ServiceBusQueue):
    await queue.send(message("1"))
    await receive_one(queue)
    await queue.complete(await receive_one(queue))
    assert queue._held == {}


async def test_a_receive_that_is_cancelled_holds_no_message_back(queue: ServiceBusQueue):
    waiting = asyncio.create_task(queue.receive(1, 30))
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await queue.send(message("1"))
    assert (await receive_one(queue)).tries == 0


async def test_a_closed_queue_says_so(broker: Broker):
    async with open_queue(broker, "events") as queue:
        await queue.send(message("1"))
        received = await receive_one(queue)
    for attempt in (queue.send(message("2")), queue.receive(1, 1), queue.complete(received)):
        with pytest.raises(QueueUnavailableError, match="closed"):
            await attempt


async def test_a_message_of_somebody_else_is_received_all_the_same(
    broker: Broker, queue: ServiceBusQueue
):
    async with ends_of(broker.connection_string, "events") as others:
        await others.sender.send_messages(
            AmqpAnnotatedMessage(value_body="no bytes", properties={"correlation_id": "x"})
        )
    received = (await receive_one(queue)).message
    assert received.id.startswith("unnamed-")
    assert received.body == b"no bytes"
