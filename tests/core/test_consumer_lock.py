"""Work never goes on beside the one who has its message now."""

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.sqlite_queue.queue import SqliteQueue
from core.consumer import held
from core.errors import LockLostError, QueueUnavailableError
from core.ports import Message

ROOT = Path(__file__).parents[2]
LOCK_S = 0.6


@pytest.fixture
async def queue(tmp_path):
    queue = SqliteQueue(tmp_path / "jobs.db", "jobs", lock_s=LOCK_S)
    await queue.send(Message(id="a", body=b"1"))
    yield queue
    await queue.close()


class Cut(SqliteQueue):
    """A queue whose renewals do not get through any more."""

    async def renew(self, _received):
        raise QueueUnavailableError


async def test_a_lock_is_renewed_as_often_as_its_length_asks_for(queue):
    [received] = await queue.receive(1, 5)
    async with held(queue, received):
        await asyncio.sleep(LOCK_S * 3)

    await queue.complete(received)


async def test_a_lock_that_somebody_else_has_cancels_the_work(queue):
    [received] = await queue.receive(1, 5)
    began = time.monotonic()

    async def work():
        async with held(queue, received):
            await queue.complete(received)  # as if it had run out and somebody else were done
            await asyncio.sleep(60)

    with pytest.raises(LockLostError, match="cancelled here"):
        await work()
    assert time.monotonic() - began < LOCK_S


async def test_work_ends_when_the_lock_must_have_run_out(tmp_path):
    """Nobody can say any more that it is ours."""
    queue = Cut(tmp_path / "jobs.db", "jobs", lock_s=LOCK_S)
    await queue.send(Message(id="a", body=b"1"))
    [received] = await queue.receive(1, 5)
    with pytest.raises(LockLostError):
        async with held(queue, received):
            await asyncio.sleep(60)
    await queue.close()


async def test_work_that_makes_something_else_of_its_cancelling_is_not_settled(queue):
    """A library may raise an error of its own: it would be sent again beside the new holder."""
    [received] = await queue.receive(1, 5)

    async def work():
        async with held(queue, received):
            await queue.complete(received)  # as if it had run out and somebody else were done
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    with pytest.raises(LockLostError, match="cancelled here"):
        await work()


async def test_a_time_out_of_the_work_itself_is_no_lost_lock(queue):
    [received] = await queue.receive(1, 5)
    with pytest.raises(TimeoutError):
        async with held(queue, received), asyncio.timeout(0.01):
            await asyncio.sleep(60)


async def start_worker(path, diary, name):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.core.slow_worker", str(path), str(diary), name, str(LOCK_S),
        cwd=ROOT,
    )  # fmt: skip


def lines(diary):
    return diary.read_text().splitlines() if diary.exists() else []


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - another process moves it
            await asyncio.sleep(0.02)


async def test_a_process_that_was_stopped_goes_on_with_nothing(tmp_path):
    """As a laptop that slept, or a machine that was paused: another worker has the message by then."""
    path, diary = tmp_path / "jobs.db", tmp_path / "diary"
    queue = SqliteQueue(path, "jobs", lock_s=LOCK_S)
    await queue.send(Message(id="a", body=b"1"))
    first = await start_worker(path, diary, "first")
    await until(lambda: "first works" in lines(diary))
    os.kill(first.pid, signal.SIGSTOP)
    second = await start_worker(path, diary, "second")
    await until(lambda: "second works" in lines(diary))
    at = len(lines(diary))
    os.kill(first.pid, signal.SIGCONT)
    async with asyncio.timeout(20):
        while await queue.waiting():  # noqa: ASYNC110 - another process settles it
            await asyncio.sleep(0.02)
    for worker in (first, second):
        worker.kill()
        await worker.wait()
    await queue.close()

    after = [line for line in lines(diary)[at:] if line.startswith("first")]
    was_writing = after[:1] == ["first works"]  # the stop came in the middle of a line
    assert after[was_writing:] == ["first cancelled"]
    assert "second done" in lines(diary)
