"""The consumer settles after the work, retries a bug once, and counts no try while others are down."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest

from adapters.sql_store import SqlStore
from adapters.sqlite_queue.queue import SqliteQueue
from core.consumer import Consumer
from core.errors import UnavailableError
from core.ports import Message
from core.relay import relay, relay_once
from tests.adapters.store_contract import LOAN, job, push


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
async def consuming(queue, worked):
    task = asyncio.create_task(Consumer(queue, worked.work, worked.bury, name="jobs").run())
    try:
        yield
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
        await until(lambda: worked.done == ["a"])

    assert worked.buried == []


async def test_a_bug_that_stays_becomes_a_dead_letter_and_is_told(queue, caplog):
    caplog.set_level(logging.CRITICAL)
    worked = Worked(ValueError("token dapi123"), ValueError("again"))
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, worked):
        await until(lambda: worked.buried)
        await asyncio.sleep(0.2)

    assert worked.buried == [("a", "ValueError in jobs, twice")]
    assert [letter.message.id for letter in await queue.dead_letters()] == ["a"]


async def test_a_system_that_is_down_counts_no_try(queue):
    worked = Worked(*(UnavailableError(retry_after_s=0.01) for _ in range(20)))
    await queue.send(Message(id="a", body=b"1"))
    async with consuming(queue, worked):
        await until(lambda: worked.done == ["a"])

    assert await queue.dead_letters() == []


async def test_the_relay_sends_what_is_unsent_and_marks_it(queue, tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/store.db")
    await store.commit(LOAN, 0, [push(1)], [job("a"), job("b")])

    assert await relay_once(store, queue) == 2
    assert await relay_once(store, queue) == 0
    assert await queue.waiting() == 2
    await store.close()


async def test_a_job_that_was_sent_but_not_marked_is_not_doubled(queue, tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/store.db")
    await store.commit(LOAN, 0, [push(1)], [job("a")])
    await queue.send(Message(id="a", body=b"sent before the crash"))

    await relay_once(store, queue)

    assert await queue.waiting() == 1
    await store.close()


async def test_the_relay_wakes_when_something_is_committed(queue, tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/store.db")
    task = asyncio.create_task(relay(store, queue))
    await asyncio.sleep(0.1)
    await store.commit(LOAN, 0, [push(1)], [job("a")])
    async with asyncio.timeout(3):
        while await queue.waiting() == 0:  # noqa: ASYNC110 - the relay tells nobody
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.close()
