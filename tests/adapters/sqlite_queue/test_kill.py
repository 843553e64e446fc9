"""Kill -9 of the process that writes loses nothing that it acknowledged."""

import asyncio
import sys
from pathlib import Path

import pytest

from adapters.sqlite_queue.queue import SqliteQueue

ROOT = Path(__file__).parents[3]


async def acknowledged_until_killed(path: Path, after_s: float) -> set[str]:
    sender = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.adapters.sqlite_queue.sender",
        str(path),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert sender.stdout is not None
    first = await sender.stdout.readline()
    await asyncio.sleep(after_s)
    sender.kill()
    rest, _ = await sender.communicate()
    lines = (first + rest).decode().rpartition("\n")[0]  # the last line may be half a line
    return set(lines.split())


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.21, 0.4])
async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, after_s: float):
    path = tmp_path / "events.db"
    acknowledged = await acknowledged_until_killed(path, after_s)
    assert acknowledged
    queue = SqliteQueue(path, "events")
    try:
        kept = {each.message.id for each in await queue.receive(1_000_000, 1.0)}
    finally:
        await queue.close()
    assert acknowledged <= kept
