"""The Service Bus queue when connections break, answers get lost and the service is busy."""

import asyncio
import gc
import logging
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.service_bus.clients import Clients
from adapters.service_bus.queue import ServiceBusQueue
from core.errors import LockLostError, QueueUnavailableError
from tests.adapters.service_bus.conftest import OPTIONS
from tests.adapters.service_bus.ends import PATIENCE, UNHURRIED, message, open_queue, receive_one
from tests.peers.service_bus import (
    SERVER_BUSY,
    UNAUTHORIZED,
    AmqpError,
    AnswerLostError,
    Broker,
    RequestLostError,
)
from tests.peers.service_bus.clients import LEFT_OPEN
from tests.peers.service_bus.errors import PeerError

ROOT = Path(__file__).parents[3]
BUSY = AmqpError(SERVER_BUSY, "Throttled.")
REFUSED = AmqpError(UNAUTHORIZED, "The token has an invalid signature.")
FULL = AmqpError("amqp:resource-limit-exceeded", "The maximum entity size has been reached.")
REFUSALS = [
    ("events", "attach", BUSY, "throttles queue 'events'", 10),
    ("events", "attach", FULL, "is full", 30),
    ("events", "attach", REFUSED, "refuses our identity.*check", 30),
    ("events", "cbs", REFUSED, "refuses our identity.*check", 30),
    ("events", "cbs", RequestLostError(), "cannot be reached", 5),
    ("nowhere", "send", BUSY, "no queue 'nowhere'.*check", 30),
]
SILENCE = [RequestLostError()] * 50

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings(f"ignore:{LEFT_OPEN}:ResourceWarning"),
]


@pytest.fixture(autouse=True)
def long_locks(broker: Broker) -> Iterator[None]:
    """Make locks last 30 s, so that none expires by itself while a link is opened again."""
    broker.queue("events").options = replace(OPTIONS, lock_duration_s=30)
    yield
    gc.collect()  # the SDK leaves the socket of a broken connection to it


async def test_a_held_message_survives_a_broken_connection(broker: Broker, queue: ServiceBusQueue):
    await queue.send(message("1"), message("2"), message("3"))
    first, second, third = [await receive_one(queue) for _ in range(3)]
    broker.drop_connections()
    await queue.renew(first)
    await asyncio.gather(
        queue.complete(first), queue.dead_letter(second, "bad"), queue.abandon(third)
    )
    assert (await receive_one(queue)).message.id == "3"
    totals = broker.queue("events").totals
    assert (totals.completed, totals.expired_locks, totals.deliveries) == (1, 0, 4)
    assert len(await queue.dead_letters()) == 1


async def test_many_who_work_at_the_same_time_survive_a_broken_connection(
    broker: Broker, queue: ServiceBusQueue
):
    async def work_on(number: int) -> None:
        await queue.renew(held[number])
        await queue.complete(held[number])

    await queue.send(*[message(f"{number}") for number in range(20)])
    held = []
    while len(held) < 20:
        held += await queue.receive(20, 2)
    waiting = asyncio.create_task(receive_one(queue))
    await asyncio.sleep(0.1)
    broker.drop_connections()
    await asyncio.gather(*map(work_on, range(20)))
    await queue.send(message("later"))
    assert (await waiting).message.id == "later"
    totals = broker.queue("events").totals
    assert (totals.completed, totals.expired_locks, totals.deliveries) == (20, 0, 21)


async def test_a_quiet_night_is_no_news(
    broker: Broker, queue: ServiceBusQueue, caplog: pytest.LogCaptureFixture
):
    """The service detaches every link that was idle for ten minutes, keep-alive or not."""
    await queue.send(message("1"))
    await queue.complete(await receive_one(queue))
    broker.detach_idle("events")
    await asyncio.sleep(0.1)
    caplog.clear()
    await queue.send(message("2"))
    await queue.complete(await receive_one(queue))
    loud = [record for record in caplog.records if record.levelno > logging.INFO]
    assert [record.getMessage() for record in loud] == []


async def test_a_waiting_receiver_survives_a_detach(broker: Broker, queue: ServiceBusQueue):
    waiting = asyncio.create_task(receive_one(queue))
    await asyncio.sleep(0.3)
    broker.detach_receivers("events")
    await queue.send(message("1"))
    await queue.complete(await waiting)


@pytest.mark.parametrize("kind", ["send", "settle", "management"])
async def test_a_busy_moment_is_waited_out(broker: Broker, queue: ServiceBusQueue, kind: str):
    broker.faults[kind] = [BUSY]
    await queue.send(message("1"))
    received = await receive_one(queue)
    await queue.renew(received)
    await queue.complete(received)
    assert not broker.faults[kind]
    assert broker.queue("events").totals.completed == 1


async def test_what_does_not_pass_is_said():
    await asyncio.gather(*[refuse(*refusal) for refusal in REFUSALS])


async def refuse(name: str, kind: str, fault: PeerError, text: str, retry_after_s: float):
    async with Broker({"events": OPTIONS}) as broker, open_queue(broker, name, UNHURRIED) as queue:
        broker.faults[kind] = [fault] * 50
        with pytest.raises(QueueUnavailableError, match=text) as caught:
            await queue.send(message("1"))
        assert caught.value.retry_after_s == retry_after_s


async def test_a_silence_does_not_hide_that_the_service_throttles():
    async with (
        Broker({"events": OPTIONS}) as broker,
        open_queue(broker, "events", UNHURRIED) as queue,
    ):
        broker.faults["attach"] = [BUSY, *SILENCE]
        with pytest.raises(QueueUnavailableError, match="throttles queue 'events'"):
            await queue.send(message("1"))


async def test_a_quiet_night_does_not_hide_why_a_link_opens_no_more():
    async with (
        Broker({"events": OPTIONS}) as broker,
        open_queue(broker, "events", UNHURRIED) as queue,
    ):
        await queue.send(message("1"))
        broker.detach_idle("events")
        broker.faults["attach"] = [*SILENCE]
        with pytest.raises(QueueUnavailableError, match="OperationTimeoutError"):
            await queue.send(message("2"))


@pytest.mark.parametrize("fault", [RequestLostError(), AnswerLostError()])
async def test_a_settlement_whose_outcome_gets_lost_is_settled_once(
    broker: Broker, queue: ServiceBusQueue, fault: PeerError
):
    await queue.send(message("1"), message("2"))
    first, second = await receive_one(queue), await receive_one(queue)
    broker.faults["settle"] = [fault]
    await queue.complete(first)
    broker.faults["settle"] = [fault]
    await queue.dead_letter(second, "bad")
    assert len(await queue.dead_letters()) == 1
    assert broker.queue("events").totals.completed == 1
    assert await queue.waiting() == 0


async def test_a_lock_that_somebody_else_has_by_then_is_lost(
    broker: Broker, queue: ServiceBusQueue
):
    await queue.send(message("1"))
    received = await receive_one(queue)
    broker.faults["settle"] = [RequestLostError()]
    completing = asyncio.create_task(queue.complete(received))
    await asyncio.sleep(0.1)
    broker.queue("events").expire_locks()
    with pytest.raises(LockLostError):
        await completing
    assert broker.queue("events").totals.completed == 0


async def test_a_lost_answer_to_a_send_does_not_double_the_message(
    broker: Broker, queue: ServiceBusQueue
):
    broker.faults["send"] = [AnswerLostError()]
    await queue.send(message("1"))
    totals = broker.queue("events").totals
    assert (totals.sent, totals.duplicates) == (1, 1)


async def test_a_silent_peer_holds_no_sender_up(broker: Broker, queue: ServiceBusQueue):
    broker.faults["send"] = SILENCE
    start = time.monotonic()
    sends = [queue.send(message(f"{number}")) for number in range(5)]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {QueueUnavailableError}
    assert time.monotonic() - start < 2 * PATIENCE.try_s + 2 * PATIENCE.repair_s
    broker.faults["send"] = []
    await queue.send(message("1"))


async def test_a_peer_that_never_says_a_word_holds_nobody_up():
    async with silent_peer() as connection_string:
        queue = ServiceBusQueue(
            Clients.from_connection_string(connection_string, "events", PATIENCE)
        )
        bound_s = 3 * PATIENCE.try_s + PATIENCE.repair_s
        attempts = [queue.send(message("1")), queue.receive(1, 1), queue.waiting(), queue.waiting()]
        await asyncio.gather(*[gives_up(attempt, bound_s) for attempt in attempts])
        await asyncio.wait_for(queue.close(), 2)


async def gives_up(attempt: Awaitable[object], bound_s: float) -> None:
    async with asyncio.timeout(bound_s):
        with pytest.raises(QueueUnavailableError):
            await attempt


@asynccontextmanager
async def silent_peer() -> AsyncIterator[str]:
    writers = []

    async def keep_quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(keep_quiet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield Broker({}, port=port).connection_string
        for writer in writers:
            writer.transport.abort()


async def test_a_namespace_that_was_away_is_found_again():
    async with Broker({"events": OPTIONS}) as before, open_queue(before, "events") as queue:
        await queue.send(message("1"))
        await receive_one(queue)
        await before.__aexit__(None, None, None)
        with pytest.raises(QueueUnavailableError, match="cannot be reached"):
            await queue.send(message("2"))
        with pytest.raises(QueueUnavailableError, match="cannot be reached"):
            await queue.receive(1, 0.1)
        async with Broker({"events": OPTIONS}, port=before.port):
            await queue.send(message("3"))
            assert (await receive_one(queue)).message.id == "3"


async def test_a_killed_worker_loses_nothing(broker: Broker, queue: ServiceBusQueue):
    await queue.send(message("1"))
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.adapters.service_bus.worker",
        broker.connection_string,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert worker.stdout is not None
    assert await worker.stdout.readline() == b"1\n"
    worker.kill()
    await worker.wait()
    broker.queue("events").expire_locks()  # as they do in time
    again = await receive_one(queue)
    assert (again.message.id, again.tries) == ("1", 1)
    await queue.complete(again)
