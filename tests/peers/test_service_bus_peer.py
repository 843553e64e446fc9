"""The peer serves the real client of Azure Service Bus the way the service does."""

import asyncio
import gc
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.servicebus.aio import AutoLockRenewer, ServiceBusClient
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageNotFoundError,
    MessageSizeExceededError,
    MessagingEntityNotFoundError,
    OperationTimeoutError,
    ServiceBusAuthenticationError,
    ServiceBusError,
    ServiceBusServerBusyError,
)

from tests.peers.service_bus import (
    SERVER_BUSY,
    UNAUTHORIZED,
    AmqpError,
    AnswerLostError,
    Broker,
    QueueCounts,
    QueueOptions,
    RequestLostError,
)
from tests.peers.service_bus.clients import LEFT_OPEN, Ends, ends_of, message, receive_one

BUSY = AmqpError(SERVER_BUSY, "The request was terminated because the entity is throttled.")
UNKNOWN_KEY = AmqpError(UNAUTHORIZED, "InvalidSignature: The token has an invalid signature.")
REFUSALS = [
    ("nowhere", "send", None, MessagingEntityNotFoundError),
    ("events", "cbs", UNKNOWN_KEY, ServiceBusAuthenticationError),
    ("events", "attach", BUSY, ServiceBusServerBusyError),
    ("events", "send", BUSY, ServiceBusServerBusyError),
]
EMPTY = QueueCounts(active=0, locked=0, scheduled=0, deferred=0, dead_letter=0)

pytestmark = pytest.mark.filterwarnings(f"ignore:{LEFT_OPEN}:ResourceWarning")


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    events = QueueOptions(lock_duration_s=20, max_delivery_count=3, duplicate_window_s=60)
    async with Broker({"events": events, "jobs": QueueOptions(lock_duration_s=1.5)}) as broker:
        yield broker
    gc.collect()  # the SDK's sockets of broken connections go here, not within a later test


@pytest.fixture
async def events(broker: Broker) -> AsyncIterator[Ends]:
    async with ends_of(broker.connection_string, "events") as ends:
        yield ends


@pytest.fixture
async def jobs(broker: Broker) -> AsyncIterator[Ends]:
    async with ends_of(broker.connection_string, "jobs") as ends:
        yield ends


def test_a_fault_of_an_unknown_kind_is_a_mistake_of_the_test():
    with pytest.raises(KeyError):
        Broker({}).faults["sned"] = [BUSY]


async def test_a_batch_arrives_in_order_and_is_completed(broker: Broker, events: Ends):
    await events.sender.send_messages([message(f"{n}", message_id=f"{n}") for n in range(50)])
    assert broker.queue("events").counts == replace(EMPTY, active=50)
    received = await events.receiver.receive_messages(50, max_wait_time=2)
    assert broker.queue("events").counts == replace(EMPTY, locked=50)
    await asyncio.gather(*map(events.receiver.complete_message, received))
    assert [str(each) for each in received] == [f"{n}" for n in range(50)]
    assert broker.queue("events").counts == EMPTY


async def test_a_message_may_be_large_but_not_too_large(broker: Broker, events: Ends):
    body = "0123456789" * 20_000
    properties = {"kind": "push", "n": 1}
    await events.sender.send_messages(message(body, application_properties=properties))
    received = await receive_one(events.receiver)
    assert str(received) == body
    assert received.application_properties == {b"kind": b"push", b"n": 1}
    await events.receiver.complete_message(received)
    with pytest.raises(MessageSizeExceededError):
        await events.sender.send_messages(message("x" * 300_000))
    queue = broker.queue("events")
    queue.options = replace(queue.options, max_message_bytes=100)  # unknown to the sender
    with pytest.raises(MessageSizeExceededError):
        await events.sender.send_messages(message("x" * 200))
    assert queue.counts == EMPTY


async def test_a_message_abandoned_too_often_becomes_a_dead_letter(broker: Broker, events: Ends):
    await events.sender.send_messages(message(application_properties={"kind": "push"}))
    for deliveries in range(3):
        received = await receive_one(events.receiver)
        assert received.delivery_count == deliveries
        await events.receiver.abandon_message(received)
    assert await events.receiver.receive_messages(1, max_wait_time=0.2) == []
    assert broker.queue("events").counts == replace(EMPTY, dead_letter=1)
    received = await receive_one(events.dead_letters)
    assert received.dead_letter_reason == "MaxDeliveryCountExceeded"
    assert received.dead_letter_source == "events"
    assert received.application_properties[b"kind"] == b"push"
    assert received.delivery_count == 3
    await events.dead_letters.complete_message(received)
    assert broker.queue("events").counts == EMPTY


async def test_a_dead_letter_says_why(events: Ends):
    await events.sender.send_messages(message())
    received = await receive_one(events.receiver)
    await events.receiver.dead_letter_message(received, "bad", "no model")
    received = await receive_one(events.dead_letters)
    assert received.dead_letter_reason == "bad"
    assert received.dead_letter_error_description == "no model"


async def test_a_deferred_message_comes_only_when_asked_for(broker: Broker, events: Ends):
    await events.sender.send_messages(message())
    number = (received := await receive_one(events.receiver)).sequence_number
    await events.receiver.defer_message(received)
    assert await events.receiver.receive_messages(1, max_wait_time=0.2) == []
    assert broker.queue("events").counts == replace(EMPTY, deferred=1)
    (deferred,) = await events.receiver.receive_deferred_messages([number])
    await events.receiver.renew_message_lock(deferred)
    await events.receiver.complete_message(deferred)  # over $management, by its lock token
    with pytest.raises(MessageNotFoundError):
        await events.receiver.receive_deferred_messages([number])
    assert broker.queue("events").counts == EMPTY


async def test_each_way_to_settle_is_also_open_over_management(broker: Broker, events: Ends):
    await events.sender.send_messages([message(f"{n}") for n in range(4)])
    first, second, third, fourth = await events.receiver.receive_messages(4, max_wait_time=2)
    broker.drop_connections()
    await asyncio.sleep(0.1)  # the deliveries are gone with the link; the locks are not
    await events.receiver.complete_message(first)
    await events.receiver.defer_message(second)
    await events.receiver.dead_letter_message(third, reason="bad")
    assert broker.queue("events").counts == replace(EMPTY, locked=1, deferred=1, dead_letter=1)
    await events.receiver.abandon_message(fourth)
    assert (await receive_one(events.receiver)).delivery_count == 1


async def test_an_expired_lock_is_lost_and_the_message_comes_again(broker: Broker, jobs: Ends):
    await jobs.sender.send_messages(message())
    await receive_one(jobs.receiver)
    again = await receive_one(jobs.receiver)  # waits until the lock of 1.5 s has expired
    assert again.delivery_count == 1
    queue = broker.queue("jobs")
    queue.expire_locks()
    with pytest.raises(MessageLockLostError):
        await jobs.receiver.complete_message(again)
    with pytest.raises(MessageLockLostError):
        await jobs.receiver.renew_message_lock(again)
    assert (queue.totals.expired_locks, queue.totals.completed) == (2, 0)


async def test_a_renewed_lock_outlives_its_duration(broker: Broker, jobs: Ends):
    await jobs.sender.send_messages(message())
    received = await receive_one(jobs.receiver)
    before = received.locked_until_utc
    assert await jobs.receiver.renew_message_lock(received) > before
    async with AutoLockRenewer() as renewer:
        renewer.register(jobs.receiver, received)
        await asyncio.sleep(2)
        await jobs.receiver.complete_message(received)
    assert broker.queue("jobs").totals.expired_locks == 0


async def test_a_scheduled_message_comes_when_due_unless_cancelled(broker: Broker, events: Ends):
    due_at = datetime.now(UTC) + timedelta(seconds=0.7)
    both = [message("later"), message("never")]
    later, never = await events.sender.schedule_messages(both, due_at)
    await events.sender.cancel_scheduled_messages(never)
    (peeked,) = await events.receiver.peek_messages(10)
    assert (peeked.sequence_number, peeked.state.name) == (later, "SCHEDULED")
    assert broker.queue("events").counts == replace(EMPTY, scheduled=1)
    assert str(await receive_one(events.receiver)) == "later"
    assert datetime.now(UTC) >= due_at - timedelta(milliseconds=1)  # AMQP counts these
    with pytest.raises(MessageNotFoundError):
        await events.sender.cancel_scheduled_messages(never)


async def test_a_repeated_message_id_is_dropped_within_the_window(broker: Broker, events: Ends):
    for _ in range(2):
        await events.sender.send_messages(message(message_id="same"))
    await events.receiver.complete_message(await receive_one(events.receiver))
    await events.sender.send_messages(message(message_id="same"))  # completed, yet remembered
    queue = broker.queue("events")
    assert (queue.totals.sent, queue.totals.duplicates) == (1, 2)
    broker.faults["send"] = [AnswerLostError()]
    with pytest.raises(OperationTimeoutError):
        await events.sender.send_messages(message(message_id="unsure"), timeout=0.5)
    await events.sender.send_messages(message(message_id="unsure"))
    assert (queue.totals.sent, queue.totals.duplicates) == (2, 3)


async def test_a_lost_request_is_made_again(broker: Broker):
    async with ends_of(broker.connection_string, "events", try_timeout=3) as events:
        broker.faults["send"] = [RequestLostError()]
        await events.sender.send_messages(message())
        assert broker.queue("events").totals.sent == 1
        received = await receive_one(events.receiver)
        events.receiver._config.timeout = 0.5  # for the outcome; no option reaches these 60 s
        broker.faults["settle"] = [RequestLostError()]
        await events.receiver.complete_message(received)  # in the end over $management
    assert broker.queue("events").counts == EMPTY


async def test_a_client_that_meets_a_busy_server_tries_again(broker: Broker, events: Ends):
    broker.faults["send"] = [BUSY]
    await events.sender.send_messages(message())
    received = await receive_one(events.receiver)
    broker.faults["management"] = [BUSY]
    await events.receiver.renew_message_lock(received)
    broker.faults["settle"] = [BUSY]
    await events.receiver.complete_message(received)
    assert broker.queue("events").counts == EMPTY


async def test_a_refusal_reaches_a_client_that_does_not_retry():
    await asyncio.gather(*[refuse(*refusal) for refusal in REFUSALS])


async def refuse(queue: str, kind: str, fault: AmqpError | None, error: type[ServiceBusError]):
    async with Broker({"events": QueueOptions()}) as broker:
        broker.faults[kind] = [fault] if fault else []
        client = ServiceBusClient.from_connection_string(broker.connection_string, retry_total=0)
        async with client:
            with pytest.raises(error):
                await client.get_queue_sender(queue).send_messages(message())


async def test_a_receiver_survives_a_detach_and_a_broken_connection(broker: Broker, events: Ends):
    async def consume(count: int) -> AsyncIterator[str]:
        async for received in events.receiver:
            await events.receiver.complete_message(received)
            bodies.append(str(received))
            if len(bodies) == count:
                return

    bodies: list[str] = []
    consumer = asyncio.create_task(consume(3))
    await events.sender.send_messages(message("first"))
    await asyncio.sleep(0.2)
    broker.detach_receivers("events")
    await events.sender.send_messages(message("second"))
    await asyncio.sleep(1)
    broker.drop_connections()
    await events.sender.send_messages(message("third"))
    await asyncio.wait_for(consumer, 10)
    assert bodies == ["first", "second", "third"]
