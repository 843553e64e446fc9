"""Messages are worked off, where one event does not stop the others; the relay brings the jobs."""

import asyncio

import pytest

from adapters.sql_store import SqlStore
from adapters.sqlite_queue.queue import MAX_BYTES, SqliteQueue
from core.errors import QueueUnavailableError, RefusedByStoreError, UnavailableError
from core.events.codec import encode_batch
from core.jobs import Lane
from core.ports import Message
from core.work import events_work, relay, relay_once
from tests.adapters.store_contract import LOAN, card, job, push


async def test_an_event_that_the_store_refuses_does_not_stop_those_behind_it():
    handled = []

    async def handle(event, _origin):
        if event.push_id == 2:
            raise RefusedByStoreError("The branch name is too long.")
        handled.append(event.push_id)

    message = Message(id="m", body=encode_batch([push(1), push(2), push(3)]))
    with pytest.raises(RefusedByStoreError, match="too long"):
        await events_work(handle)(message)
    assert handled == [1, 3]


async def test_what_confirms_decides_what_is_handled_in_place_of_an_event():
    handled = []

    async def handle(event, _origin):
        handled.append(event.push_id)

    async def confirm(event):
        return {1: (push(1),), 2: (), 3: (push(31), push(32))}[event.push_id]

    message = Message(id="m", body=encode_batch([push(1), push(2), push(3)]))
    await events_work(handle, confirm)(message)
    assert handled == [1, 31, 32]


async def test_while_nothing_can_be_confirmed_the_message_waits():
    handled = []

    async def handle(event, _origin):
        handled.append(event.push_id)

    async def confirm(_event):
        raise UnavailableError

    message = Message(id="m", body=encode_batch([push(1)]))
    with pytest.raises(UnavailableError):
        await events_work(handle, confirm)(message)
    assert handled == []


@pytest.fixture
async def store(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/store.db")
    yield store
    await store.close()


@pytest.fixture
async def queues(tmp_path):
    lanes = (Lane.CARDS, Lane.STEPS, Lane.OBSERVE)
    queues = {lane: SqliteQueue(tmp_path / f"{lane}.db", lane) for lane in lanes}
    yield queues
    for queue in queues.values():
        await queue.close()


class Down:
    """A queue that cannot be reached."""

    async def send(self, *_messages):
        raise QueueUnavailableError


async def until_waiting(queue):
    async with asyncio.timeout(5):
        while await queue.waiting() == 0:  # noqa: ASYNC110 - the relay tells nobody
            await asyncio.sleep(0.01)


async def test_what_is_unsent_is_sent_and_marked(store, queues):
    await store.commit(LOAN, 0, [push(1)], [job("a"), job("b")])
    queue = queues[Lane.OBSERVE]

    assert await relay_once(store, Lane.OBSERVE, queue) == 2
    assert await relay_once(store, Lane.OBSERVE, queue) == 0
    assert await queue.waiting() == 2


async def test_a_job_that_was_sent_but_not_marked_is_not_doubled(store, queues):
    await store.commit(LOAN, 0, [push(1)], [job("a")])
    queue = queues[Lane.OBSERVE]
    await queue.send(Message(id="a", body=b"sent before the crash"))

    await relay_once(store, Lane.OBSERVE, queue)

    assert await queue.waiting() == 1


async def test_a_job_that_no_queue_takes_keeps_no_other_from_going(store, queues, caplog):
    await store.commit(LOAN, 0, [push(1)], [job("a"), job("b" * MAX_BYTES), job("c")])
    queue = queues[Lane.OBSERVE]

    await relay_once(store, Lane.OBSERVE, queue)

    assert await queue.waiting() == 2
    assert await relay_once(store, Lane.OBSERVE, queue) == 0
    assert [record.action for record in caplog.records] == ["job_too_large"]


async def test_it_wakes_when_something_is_committed(store, queues):
    task = asyncio.create_task(relay(store, queues))
    await asyncio.sleep(0.1)
    await store.commit(LOAN, 0, [push(1)], [job("a")])
    await until_waiting(queues[Lane.OBSERVE])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class WithoutPassword(SqlStore):
    """A store that cannot be asked at first, since somebody else does not answer."""

    asked = 0

    async def unsent(self, *args):
        self.asked += 1
        if self.asked == 1:
            raise UnavailableError
        return await super().unsent(*args)


async def test_whatever_is_down_the_relay_goes_on(tmp_path, queues):
    store, queue = WithoutPassword(f"sqlite:///{tmp_path}/late.db"), queues[Lane.OBSERVE]
    await store.commit(LOAN, 0, [push(1)], [job("a")])
    task = asyncio.create_task(relay(store, {Lane.OBSERVE: queue}))
    await until_waiting(queue)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.close()


async def test_a_queue_that_is_down_delays_its_own_lane_alone(store, queues):
    queues = {**queues, Lane.OBSERVE: Down()}
    task = asyncio.create_task(relay(store, queues))
    await store.commit(LOAN, 0, [push(1)], [job("a"), card(1)])
    await until_waiting(queues[Lane.CARDS])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert [found.id for found in await store.unsent(10, Lane.OBSERVE)] == ["a"]
