"""The consumer settles after the work, retries a bug once, and holds nothing while others are down."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest

from adapters.sqlite_queue.queue import SqliteQueue
from core.consumer import Consumer, pause
from core.errors import (
    InterruptedWorkError,
    RefusedByChatError,
    RefusedByStoreError,
    UnavailableError,
)
from core.ports import Message


@pytest.fixture
async def queue(tmp_path):
    queue = SqliteQueue(tmp_path / "queue.db", "jobs", lock_s=30)
    yield queue
    await queue.close()


class Worked:
    """What was worked on and buried; ``fails`` are the errors of the first tries."""

    def __init__(self, *fails):
        self.fails = list(fails)
        self.done, self.buried = [], []

    async def work(self, message):
        if self.fails:
            raise self.fails.pop(0)
        self.done.append(message.id)

    async def bury(self, message, reason):
        self.buried.append((message.id, reason))


@asynccontextmanager
async def consuming(queue, worked, **options):
    consumer = Consumer(queue, worked.work, worked.bury, name="jobs", **options)
    task = asyncio.create_task(consumer.run())
    try:
        yield consumer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110 - the consumer tells nobody
            await asyncio.sleep(0.01)


async def test_what_was_worked_on_is_settled(queue):
    worked = Worked()
    await queue.send(Message(id="a", body=b"1"), Message(id="b", body=b"2"))
    async with consuming(queue, worked):
        await until(lambda: len(worked.done) == 2)
        await asyncio.sleep(0.2)

    assert await queue.waiting() == 0


async def test_a_bug_gets_one_more_try(queue, caplog):
    worked = Worked(ValueError("a bug"))
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, worked):
        await until(lambda: worked.done)

    assert worked.buried == []


@pytest.mark.parametrize("of_a_library", [SystemExit, KeyboardInterrupt, BaseException])
async def test_a_library_that_would_end_the_process_is_a_bug_of_one_message(
    queue, caplog, of_a_library
):
    worked = Worked(of_a_library("a library's"))
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, worked):
        await until(lambda: worked.done)

    assert worked.buried == []


async def test_a_bug_that_stays_becomes_a_dead_letter_and_is_told(queue, caplog):
    caplog.set_level(logging.CRITICAL)
    worked = Worked(ValueError("token dapi123"), ValueError("again"))
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, worked):
        await until(lambda: worked.buried)
        await asyncio.sleep(0.2)

    assert worked.buried == [("a~later-1", "ValueError in jobs, twice")]
    assert [letter.message.id for letter in await queue.dead_letters()] == ["a~later-1"]


async def test_a_dead_letter_that_is_sent_again_and_fails_again_is_no_less_kept(queue, caplog):
    """Its copy must not bear the id that the letter has itself: it would be swallowed as known."""
    caplog.set_level(logging.CRITICAL)
    worked = Worked(*(ValueError("a bug") for _ in range(6)))
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, worked):
        for times in (1, 2, 3):
            await until(lambda times=times: len(worked.buried) == times)
            await asyncio.sleep(0.2)
            [letter] = await queue.dead_letters()
            assert await queue.redrive(letter.message.id)
        await until(lambda: worked.done)

    assert await queue.dead_letters() == []


async def test_a_system_that_is_down_counts_no_try(queue):
    worked = Worked(*(UnavailableError(retry_after_s=0.01, longest_s=0.01) for _ in range(20)))
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, worked):
        await until(lambda: worked.done)

    assert worked.done == ["a~later-20"]
    assert await queue.dead_letters() == []


class Unasked(SqliteQueue):
    """A queue that cannot be asked at first, since whoever says who we are does not answer."""

    asked = 0

    async def receive(self, limit, wait_s):
        self.asked += 1
        if self.asked == 1:
            raise UnavailableError
        return await super().receive(limit, wait_s)


async def test_whatever_is_down_the_consumer_goes_on(tmp_path):
    queue, worked = Unasked(tmp_path / "unasked.db", "jobs"), Worked()
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, worked):
        await until(lambda: worked.done)
    await queue.close()

    assert worked.done == ["a"]


async def test_what_waits_holds_no_slot(queue):
    """Whatever stands behind it in the queue is worked on meanwhile."""
    worked = Worked(UnavailableError(retry_after_s=60))
    await queue.send(Message(id="waits", body=b"1"), Message(id="b", body=b"2"))
    async with consuming(queue, worked, at_once=1):
        await until(lambda: worked.done == ["b"])
        await asyncio.sleep(0.1)

    assert await queue.waiting() == 0  # neither ready nor under a lock: it is scheduled


async def test_a_copy_that_was_sent_before_a_crash_is_not_doubled(queue):
    """The crash came between sending the copy and settling what it is a copy of."""
    await queue.send(Message(id="a~later-1", body=b"1", waits=1))
    worked = Worked(UnavailableError(retry_after_s=0.01))
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, worked, at_once=1):
        await until(lambda: worked.done)
        await asyncio.sleep(0.2)

    assert len(worked.done) == 1
    assert await queue.waiting() == 0


@pytest.mark.parametrize(
    ("waits", "error", "at_least_s"),
    [
        (1, UnavailableError(retry_after_s=0.1), 0.5),
        (4, UnavailableError(retry_after_s=0.1), 4.0),
        (50, UnavailableError(retry_after_s=0.1), 60.0),
        (1, UnavailableError(retry_after_s=30.0), 30.0),
        (9, UnavailableError(retry_after_s=120.0), 120.0),
        (9, UnavailableError(retry_after_s=1.0, longest_s=1.0), 1.0),
    ],
)
def test_each_pause_is_longer_within_what_the_system_asks_for(waits, error, at_least_s):
    pauses = {pause(waits, error) for _ in range(50)}

    assert all(at_least_s <= found <= at_least_s * 1.25 for found in pauses)
    assert len(pauses) > 1  # not all of them at once


async def test_a_message_that_was_only_interrupted_keeps_its_one_retry(queue, caplog):
    """A kill, a lost lock or a stop is no failure, and the reason would be untrue."""
    caplog.set_level(logging.CRITICAL)
    await queue.send(Message(id="a", body=b"1"))
    for _ in range(3):
        await queue.abandon((await queue.receive(1, 5))[0])
    worked = Worked(InterruptedWorkError(), ValueError("a bug"))
    async with consuming(queue, worked):
        await until(lambda: worked.done)

    assert worked.buried == []


@pytest.mark.parametrize("refused", [RefusedByStoreError, RefusedByChatError])
async def test_what_is_refused_for_good_is_not_tried_again(queue, refused, caplog):
    caplog.set_level(logging.CRITICAL)
    worked = Worked(refused("The branch name is too long."))
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, worked):
        await until(lambda: worked.buried)
        await asyncio.sleep(0.1)

    assert worked.buried == [("a", "The branch name is too long.")]
    [letter] = await queue.dead_letters()
    assert letter.reason == "The branch name is too long."


async def test_who_cannot_be_told_of_a_dead_letter_ends_no_consumer(queue, caplog):
    caplog.set_level(logging.CRITICAL)
    worked = Worked(ValueError("a bug"), ValueError("a bug"))

    async def bury(_message, _reason):
        raise ValueError("a bug in telling")

    worked.bury = bury
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, worked):
        await until(lambda: not worked.fails)
        await asyncio.sleep(0.2)
        await queue.send(Message(id="b", body=b"2"))
        await until(lambda: worked.done == ["b"])

    assert len(await queue.dead_letters()) == 1


class Long:
    """Work that takes ``seconds``; how much of it is going on, and what was cancelled."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.under_way, self.done, self.cancelled = 0, [], []

    async def work(self, message):
        self.under_way += 1
        try:
            await asyncio.sleep(self.seconds)
            self.done.append(message.id)
        except asyncio.CancelledError:
            self.cancelled.append(message.id)
            raise
        finally:
            self.under_way -= 1

    async def bury(self, _message, reason):
        raise AssertionError(reason)


async def test_a_stop_lets_short_work_come_to_its_end(queue):
    long = Long(0.3)
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, long) as consumer:
        await until(lambda: long.under_way)
        await queue.send(Message(id="b", body=b"2"))
        await until(lambda: long.under_way == 2)
        await consumer.stop()
        await queue.send(Message(id="c", body=b"3"))
        await asyncio.sleep(0.1)

    assert (long.done, long.cancelled) == (["a", "b"], [])
    assert await queue.waiting() == 1  # nobody received the third


async def test_a_stop_gives_long_work_back_at_once(queue):
    long = Long(60)
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, long) as consumer:
        await until(lambda: long.under_way)
        await consumer.stop(finish_s=0.1)
        assert long.cancelled == ["a"]
        [received] = await queue.receive(1, 0)  # no lock has to run out

    assert received.message == Message(id="a", body=b"1")


class LastMoment(SqliteQueue):
    """A queue whose message comes in the very moment of the stop."""

    ready = asyncio.Event()

    async def receive(self, limit, wait_s):
        await self.ready.wait()
        return self.found


async def test_what_comes_in_the_last_moment_is_given_back_before_the_stop_is_over(tmp_path):
    queue, long = LastMoment(tmp_path / "last.db", "jobs", lock_s=30), Long(60)
    await queue.send(Message(id="a", body=b"1"))
    queue.found = await SqliteQueue.receive(queue, 1, 5)
    async with consuming(queue, long) as consumer:
        await asyncio.sleep(0.05)
        queue.ready.set()
        await asyncio.sleep(0)  # it was received, and the consumer has not seen it
        await consumer.stop()
    given_back = await SqliteQueue.receive(queue, 1, 0)
    await queue.close()

    assert given_back
    assert long.cancelled == []


async def test_a_stop_without_work_is_over_at_once(queue):
    async with consuming(queue, Long(1)) as consumer:
        await asyncio.sleep(0.1)
        async with asyncio.timeout(1):
            await consumer.stop()
