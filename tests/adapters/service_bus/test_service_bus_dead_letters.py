"""Dead letters can be sent again without a loss."""

import asyncio

import pytest

from adapters.service_bus.queue import ServiceBusQueue
from core.errors import QueueUnavailableError
from core.ports import DeadLetter
from tests.adapters.service_bus.ends import message, receive_one
from tests.peers.service_bus import (
    SERVER_BUSY,
    AmqpError,
    AnswerLostError,
    Broker,
    RequestLostError,
)
from tests.peers.service_bus.clients import ends_of

BUSY = AmqpError(SERVER_BUSY, "Throttled.")

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def bury(queue: ServiceBusQueue, *names: str) -> list[DeadLetter]:
    await queue.send(*[message(name) for name in names])
    for _ in names:
        await queue.dead_letter(await receive_one(queue), "bad")
    return await queue.dead_letters()


async def test_a_message_that_failed_too_often_says_so(queue: ServiceBusQueue):
    await queue.send(message("1"))
    for _ in range(3):
        await queue.abandon(await receive_one(queue))
    (dead,) = await queue.dead_letters()
    assert dead.reason.startswith("MaxDeliveryCountExceeded: ")


async def test_a_very_long_reason_is_cut(queue: ServiceBusQueue):
    await queue.send(message("1"))
    await queue.dead_letter(await receive_one(queue), "x" * 100_000)
    (dead,) = await queue.dead_letters()
    assert dead.reason == "x" * 4096


async def test_the_dead_letters_before_it_are_free_again(broker: Broker, queue: ServiceBusQueue):
    first, _, third = await bury(queue, "1", "2", "3")
    assert await queue.redrive("2")
    assert await queue.dead_letters() == [first, third]
    assert broker.queue("events").dead_letters.counts.locked == 0
    assert not await queue.redrive("2")


async def cut_off_after_the_send(broker: Broker, queue: ServiceBusQueue) -> str:
    """Return the id of a dead letter whose redrive was cancelled between its two requests.

    The SDK loses a cancellation now and then; that redrive comes to its end, and another is cut.
    """
    for name in "123456789":
        await bury(queue, name)
        broker.faults["settle"] = [RequestLostError()]
        redriving = asyncio.create_task(queue.redrive(name))
        async with asyncio.timeout(5):
            while broker.queue("events").counts.active == 0:  # noqa: ASYNC110 - the peer has no event
                await asyncio.sleep(0.01)
        redriving.cancel()
        [end] = await asyncio.gather(redriving, return_exceptions=True)
        if isinstance(end, asyncio.CancelledError):
            return name
        await queue.complete(await receive_one(queue))
    raise AssertionError


async def test_a_redrive_that_breaks_off_after_the_send_may_be_repeated(
    broker: Broker, queue: ServiceBusQueue
):
    name = await cut_off_after_the_send(broker, queue)
    assert len(await queue.dead_letters()) == 1
    assert await queue.redrive(name)
    assert broker.queue("events").totals.duplicates == 1
    assert (await queue.waiting(), await queue.dead_letters()) == (1, [])


async def test_a_redrive_whose_last_answer_gets_lost_is_done(
    broker: Broker, queue: ServiceBusQueue
):
    await bury(queue, "1")
    broker.faults["settle"] = [AnswerLostError()]
    assert await queue.redrive("1")
    assert (await queue.waiting(), await queue.dead_letters()) == (1, [])


async def test_a_redrive_whose_send_fails_keeps_the_dead_letter(
    broker: Broker, queue: ServiceBusQueue
):
    await bury(queue, "1")
    broker.faults["send"] = [BUSY] * 20
    with pytest.raises(QueueUnavailableError):
        await queue.redrive("1")
    broker.faults["send"] = []
    assert await queue.redrive("1")


async def test_a_dead_letter_in_other_hands_is_not_said_to_be_missing(
    broker: Broker, queue: ServiceBusQueue
):
    await bury(queue, "1")
    queue_of_dead = broker.queue("events").dead_letters
    async with ends_of(broker.connection_string, "events") as others:
        assert len(await others.dead_letters.receive_messages(1, max_wait_time=5)) == 1
        (locked,) = queue_of_dead._locked
        queue_of_dead._locked[locked].lock.timer.cancel()  # they renew it all the time
        with pytest.raises(QueueUnavailableError, match="held by somebody else"):
            await queue.redrive("1")


async def test_two_who_redrive_the_same_dead_letter_send_it_once(
    broker: Broker, queue: ServiceBusQueue
):
    await bury(queue, "1")
    assert sorted(await asyncio.gather(queue.redrive("1"), queue.redrive("1"))) == [False, True]
    assert broker.queue("events").counts.active == 1
