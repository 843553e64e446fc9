"""Two processes on one database get in each other's way, and neither ever learns of it."""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.sql_store import SqlStore
from core.verify import verify
from tests.adapters.sql_store.hammer import ROUNDS, STREAM

ROOT = Path(__file__).parents[3]


async def hammered(url: str, name: str) -> dict:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "tests.adapters.sql_store.hammer", url, name,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        said, errors = await program.communicate()
    finally:  # also when the other one failed: this one would wait for it
        with suppress(ProcessLookupError):
            program.kill()
        await program.wait()
    assert program.returncode == 0, errors.decode()
    return json.loads(said)


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
async def test_two_processes_hammer_one_database(url):
    async with asyncio.TaskGroup() as both:
        tasks = [both.create_task(hammered(url, name)) for name in ("one", "two")]
    one, two = (task.result() for task in tasks)

    assert sorted(one["leases"] + two["leases"]) == list(range(ROUNDS))
    assert one["effects"] == two["effects"]
    assert sorted(one["versions"] + two["versions"]) == list(range(1, 2 * ROUNDS + 1))
    store = await SqlStore.open(url)
    assert len(await store.load(STREAM)) == 2 * ROUNDS
    verify([line async for line in store.export()])
    await store.close()
