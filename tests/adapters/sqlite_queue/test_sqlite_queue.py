"""The SQLite queue keeps the contract, and stays whole when the disk or the process does not."""

import asyncio
import contextlib
import resource
import sqlite3
import stat
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.sqlite_queue.queue import SqliteQueue
from core.errors import QueueUnavailableError
from core.ports import Message, Queue
from tests.adapters.queue_contract import QueueContract, message, receive_one

Use = Callable[[SqliteQueue], Awaitable[object]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@contextlib.asynccontextmanager
async def opened(path: Path, **limits: float) -> AsyncIterator[SqliteQueue]:
    queue = SqliteQueue(path, "events", **limits)
    try:
        yield queue
    finally:
        await queue.close()


def size_of(path: Path) -> int:
    return path.stat().st_size


def write_nonsense(path: Path) -> None:
    path.write_bytes(b"certainly not SQLite " * 1000)


@contextlib.contextmanager
def written_to_by_somebody_else(path: Path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def files_end_at(size: int):
    """As on a full disk: the system refuses to write any further."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestSqliteQueue(QueueContract):
    lock_s = 1.0

    @pytest.fixture
    async def queue(self, path: Path) -> AsyncIterator[Queue]:
        async with opened(
            path,
            lock_s=self.lock_s,
            max_tries=self.max_tries,
            duplicate_window_s=self.duplicate_window_s,
        ) as queue:
            yield queue


async def test_what_was_sent_is_there_after_a_restart(path: Path):
    async with opened(path) as queue:
        await queue.send(message("m-1"), message("m-2"))
        await queue.complete(await receive_one(queue))
    async with opened(path) as queue:
        assert (await receive_one(queue)).message.id == "m-2"
        await queue.send(message("m-1"))  # known for ten minutes, restart or not
        assert await queue.waiting() == 1


async def test_what_a_killed_process_held_comes_at_once_and_counts_a_try(path: Path):
    async with opened(path, lock_s=600.0) as queue:
        await queue.send(message("m"))
        await receive_one(queue)
        await queue.schedule(message("later"), datetime.now(UTC) + timedelta(hours=1))
    async with opened(path, lock_s=600.0) as queue:
        await queue.free()
        again = await receive_one(queue)
        assert (again.message.id, again.tries) == ("m", 1)
        assert await queue.receive(1, 0.0) == []


async def test_an_id_may_be_used_again_after_the_window(path: Path):
    now = [1000.0]
    async with opened(path, duplicate_window_s=60, clock=lambda: now[0]) as queue:
        await queue.send(message())
        await queue.complete(await receive_one(queue))
        for later, waiting in ((59, 0), (64, 1)):
            now[0] = 1000.0 + later
            await queue.send(message())
            assert await queue.waiting() == waiting


async def test_an_id_used_again_is_a_message_of_its_own(path: Path):
    now = [1000.0]
    async with opened(path, duplicate_window_s=60, clock=lambda: now[0]) as queue:
        await queue.send(message(body=b"old, still waiting"))
        now[0] += 64
        await queue.send(message(body=b"new"))
        received = await queue.receive(2, 1.0)
        assert [each.message.body for each in received] == [b"old, still waiting", b"new"]


async def test_what_is_settled_leaves_no_bytes_behind(path: Path):
    now = [1000.0]
    async with opened(path, duplicate_window_s=60, clock=lambda: now[0]) as queue:
        for n in range(200):
            await queue.send(message(f"m-{n}", b"x" * 50_000))
            await queue.complete(await receive_one(queue))
            now[0] += 1
    assert size_of(path) < 1_000_000


async def test_only_the_owner_reads_the_file(path: Path):
    async with opened(path) as queue:
        await queue.send(message())
        files = list(path.parent.iterdir())
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_an_idle_receiver_gets_a_new_message_within_milliseconds(path: Path):
    async with opened(path) as queue:
        waits = []
        for n in range(20):
            waiting = asyncio.create_task(receive_one(queue))
            await asyncio.sleep(0.01)
            await queue.send(message(f"m-{n}"))
            sent = time.perf_counter()
            await queue.complete(await waiting)
            waits.append(time.perf_counter() - sent)
        assert sorted(waits)[10] < 0.05


async def test_a_message_of_another_process_is_seen_soon(path: Path):
    async with opened(path) as queue, opened(path) as other:
        waiting = asyncio.create_task(queue.receive(1, 5.0))
        await asyncio.sleep(0.05)
        await other.send(message())
        assert len(await waiting) == 1


async def test_a_cancelled_receiver_gives_back_what_it_was_about_to_get(path: Path):
    async with opened(path, lock_s=60) as queue:
        await queue.send(message())
        for _ in range(20):  # somewhere between asking and getting
            receiving = asyncio.create_task(queue.receive(1, 1.0))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
        received = await receive_one(queue)
        assert received.tries == 0


async def test_sends_at_the_same_time_share_commits(path: Path):
    async with opened(path) as queue:
        await queue.send(message("first"))
        before = path.with_name("events.db-wal").stat().st_size
        await asyncio.gather(*(queue.send(message(f"m-{n}")) for n in range(100)))
        pages = (path.with_name("events.db-wal").stat().st_size - before) / 4096
        assert pages < 40  # each commit alone would write at least three
        assert await queue.waiting() == 101


USES: dict[str, Use] = {
    "send": lambda queue: queue.send(message()),
    "receive": lambda queue: queue.receive(1, 0.0),
    "dead_letters": lambda queue: queue.dead_letters(),
    "redrive": lambda queue: queue.redrive("m-1"),
    "waiting": lambda queue: queue.waiting(),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
async def test_a_file_locked_by_somebody_else_is_an_unavailable_queue(path: Path, use: Use):
    async with opened(path, busy_s=0.05) as queue:
        await queue.send(message("m-0"))
        with written_to_by_somebody_else(path), pytest.raises(QueueUnavailableError, match="lock"):
            await use(queue)
        await use(queue)  # and then it works again by itself


async def test_a_full_disk_is_an_unavailable_queue_until_there_is_room(path: Path):
    async with opened(path) as queue:
        await queue.send(message("kept"))
        with files_end_at(200_000):
            for n in range(3):
                with pytest.raises(QueueUnavailableError, match="disk"):
                    await queue.send(message(f"m-{n}", b"x" * 250_000))
        await queue.send(message("later", b"x" * 250_000))
        received = await queue.receive(10, 1.0)
        assert [each.message.id for each in received] == ["kept", "later"]


async def test_a_folder_that_is_missing_is_an_unavailable_queue(tmp_path: Path):
    async with opened(tmp_path / "missing" / "events.db") as queue:
        with pytest.raises(QueueUnavailableError):
            await queue.send(message())
        (tmp_path / "missing").mkdir()
        await queue.send(message())


async def test_a_file_that_is_no_database_is_an_unavailable_queue(path: Path):
    write_nonsense(path)
    async with opened(path) as queue:
        with pytest.raises(QueueUnavailableError, match="not a database"):
            await queue.send(message())


async def test_a_closed_queue_takes_nothing(path: Path):
    queue = SqliteQueue(path, "events")
    sending = asyncio.create_task(queue.send(message()))
    await asyncio.sleep(0)
    await queue.close()
    await sending  # what was under way is written
    await queue.close()
    with pytest.raises(QueueUnavailableError, match="closed"):
        await queue.send(Message(id="m-2", body=b"{}"))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_bug_in_the_writer_acknowledges_nothing(path: Path):
    queue = SqliteQueue(path, "events")
    bad = Message(id="bad", body="not bytes: \ud800")  # type: ignore[arg-type]
    sends = (message("alone"), message("with the bad one"), bad)
    outcomes = await asyncio.gather(*map(queue.send, sends), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), *[QueueUnavailableError] * 2]
    with pytest.raises(QueueUnavailableError):
        await queue.send(message("later"))
    await queue.close()


async def test_a_file_of_an_earlier_version_is_worked_off(path: Path):
    async with opened(path) as queue:
        await queue.send(message("left"))
        await queue.schedule(message("later"), datetime.now(UTC) + timedelta(seconds=0.2))
    with contextlib.closing(sqlite3.connect(path)) as old:
        for column in ("waits", "failures"):  # as it was before our counts travelled
            old.execute(f"ALTER TABLE message DROP COLUMN {column}")
    async with opened(path) as queue:
        received = [await receive_one(queue), await receive_one(queue)]
        assert [each.message for each in received] == [message("left"), message("later")]
