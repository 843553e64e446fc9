"""Measures decisions per second in one stream, against as many streams side by side.

``python benchmarks/decisions.py`` handles pushes as the consumers do, eight at once, in a ledger in
which 1,000 models are claimed: all to one stream, then each to a stream of its own, and then one
after another.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from adapters.sql_store import SqlStore
from core.events.derived import ModelNameClaimed
from core.events.outside import CodePushed
from core.handle import Handle
from core.jobs import Lane
from core.origin import EventOrigin
from core.platform import Platform, Repository
from core.policy import Policy
from core.words import Stream
from sluss.wiring.engine import SLOTS

CLAIMS, PUSHES = 1000, 400
AT_ONCE: Final = SLOTS[Lane.EVENTS]
ONE: Final = Stream("one")
SIDE_BY_SIDE: Final = [Stream(f"side{number}") for number in range(AT_ONCE)]


def now() -> datetime:
    return datetime.now(UTC)


def push(stream: Stream, number: int) -> CodePushed:
    return CodePushed(
        id=f"ado/{stream}/{number}", time=now(), repository=stream, branch=f"branch_{number}",
        commit=f"{number:040x}", pusher="ada", push_id=number,
    )  # fmt: skip


async def claim(store: SqlStore) -> None:
    for number in range(CLAIMS):
        stream = Stream(f"model{number}")
        named = ModelNameClaimed(id=f"claim/{number}", time=now(), model=stream, stream=stream)
        await store.commit(stream, 0, [named], [])


async def told(handle: Handle, what: str, pushes: list[Iterable[CodePushed]]) -> float:
    """Handle the rows side by side, the pushes of a row in order; return pushes per second."""

    async def each(row: Iterable[CodePushed]) -> int:
        return len([await handle(event, EventOrigin.OUTSIDE) for event in row])

    started = time.perf_counter()
    done = sum(await asyncio.gather(*map(each, pushes)))
    rate = done / (time.perf_counter() - started)
    print(f"{what:44} {rate:7.0f} decisions/s")
    return rate


async def measure(folder: Path) -> None:
    store = SqlStore(f"sqlite:///{folder}/store.db")
    known = tuple(Repository(id=name, name=name, team=name) for name in (ONE, *SIDE_BY_SIDE))
    platform = Platform(repositories=known)
    handle = Handle(store, platform=lambda: platform, policy=Policy(), clock=now, is_local=True)
    await claim(store)
    rows = [[push(ONE, n) for n in range(PUSHES) if n % AT_ONCE == row] for row in range(AT_ONCE)]
    one = await told(handle, f"one stream, {AT_ONCE} at once", [*rows])
    per_stream = range(PUSHES // AT_ONCE)
    rows = [[push(stream, number) for number in per_stream] for stream in SIDE_BY_SIDE]
    many = await told(handle, f"{AT_ONCE} streams, {AT_ONCE} at once", [*rows])
    after_another = [push(ONE, PUSHES + number) for number in per_stream]
    await told(handle, "one after another", [after_another])
    print(f"{'one stream / many streams':44} {one / many:9.2f} x")
    await store.close()


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
