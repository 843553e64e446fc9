"""kill -9 at every point of the skeleton: nothing acked is lost, and each effect exists once."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.sql_store import SqlStore
from adapters.sql_store.schema import outbox
from core.events.codec import encode_batch
from core.events.outside import CodePushed
from core.jobs import Lane
from core.ports import Message
from core.verify import verify
from tests.adapters.shown_cards import shown_cards
from tests.flow.skeleton import LANES, POINTS, queue

ROOT = Path(__file__).parents[2]
PUSHES = 3
BRANCHES = 12


@pytest.fixture(params=["sqlite", "service_bus"])
async def spec(request, tmp_path):
    """Where the queues are: a folder, or an AMQP peer whose process is not killed."""
    if request.param == "sqlite":
        yield str(tmp_path)
        return
    peer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.peers.service_bus", "--port", "0",
        *(word for lane in LANES for word in ("--queue", lane)), "--lock-duration-s", "1.5",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    yield (await peer.stdout.readline()).decode().strip()
    peer.terminate()
    await peer.wait()


def push(number, branch="main"):
    return CodePushed(
        id=f"ado/r1/{number}/refs/heads/{branch}", time=datetime.now(UTC), repository="r1",
        branch=branch, commit=f"{number:040x}", pusher="ada", push_id=number,
    )  # fmt: skip


async def send(spec, *pushes):
    """What the ingest does: it answers 202 when this returns."""
    events = queue(spec, Lane.EVENTS)
    await events.send(Message(id=pushes[0].id, body=encode_batch(pushes)))
    await events.close()


async def start(home, spec, crash="nowhere"):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.flow.skeleton", str(home), spec, crash, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def until(condition, seconds=40):
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - another process moves it
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("point", POINTS)
async def test_a_kill_loses_nothing_and_doubles_nothing(tmp_path, spec, point):
    if point == "after_send":
        await send(spec, push(1))  # acked, and nobody was there to take it
    else:
        killed = await start(tmp_path, spec, point)
        await send(spec, push(1))
        assert await asyncio.wait_for(killed.wait(), 30) == -9
    survivor = await start(tmp_path, spec)
    for number in range(2, PUSHES + 1):
        await send(spec, push(number))
    store = SqlStore(f"sqlite:///{tmp_path}/store.db")
    try:
        await until(lambda: settled(store, tmp_path))
        await check_history(store, tmp_path)
    finally:
        survivor.kill()
        await survivor.wait()
        await store.close()


async def settled(store, home):
    """The newest release was checked, nothing waits in the outbox, and the card shows it."""
    releases = await store.releases()
    card = home / f"card_loan-{PUSHES}"
    return (
        len(releases) == PUSHES
        and releases[0].state == "training"
        and not await store.unsent(1)
        and card.exists()
        and card.read_text() == "training"
    )


async def check_history(store, home):
    events = [entry.event for entry in await store.load("loan")]
    pushes = [event.id for event in events if isinstance(event, CodePushed)]
    lines = [line async for line in store.export()]
    effects = (home / "effects").read_text().split()
    shown = await shown_cards(store, f"release/loan-{PUSHES}")

    assert sorted(pushes) == [f"ado/r1/{n}/refs/heads/main" for n in range(1, PUSHES + 1)]
    assert len({event.id for event in events}) == len(events)
    assert verify(lines).entries == len(lines)
    assert len(effects) == len(set(effects))
    assert f"step/loan-{PUSHES}/check/TST/1" in effects
    assert len(shown) == 1


async def test_kills_lose_no_place_of_a_stream(tmp_path, spec):
    """Of a push of many branches some steps and cards are under way at a time, and all get through."""
    branches = [push(number, f"branch_{number}") for number in range(1, BRANCHES + 1)]
    await send(spec, *branches)
    for point in ("after_commit", "after_relay", "after_effect", "after_result"):
        killed = await start(tmp_path, spec, point)
        assert await asyncio.wait_for(killed.wait(), 30) == -9
    survivor = await start(tmp_path, spec)
    store = SqlStore(f"sqlite:///{tmp_path}/store.db")
    try:
        await until(lambda: all_checked(store))
    finally:
        survivor.kill()
        await survivor.wait()
        await store.close()

    effects = (tmp_path / "effects").read_text().split()
    assert len(effects) == len(set(effects)) == BRANCHES


async def all_checked(store):
    """And no place is taken any more, nor does anything wait for one."""
    rows = await store.releases()
    left = await store._read(lambda connection: connection.execute(sa.select(outbox.c.id)).all())
    return len(rows) == BRANCHES and {row.state for row in rows} == {"checked"} and not left
