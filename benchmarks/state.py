"""Measures what a state costs: looking at a large ledger, and pushing to a long stream.

``python benchmarks/state.py`` makes a ledger of 1,000,000 events over 1,000 models (a few minutes;
``--keep FOLDER`` keeps it for the next time) and prints, each in a process of its own: the first
and the second look at every model, all models at once, and how much memory that process has. Then
it pushes in turns to a stream with 10,000 releases and to one with 100.
"""

import argparse
import asyncio
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from adapters.sql_store import SqlStore
from benchmarks.large_ledger import EVENTS, MODELS, Template, make
from core.events.outside import CodePushed
from core.handle import Handle
from core.origin import EventOrigin
from core.platform import Platform, Repository
from core.policy import Policy
from core.release.release import Release
from core.results import Checked
from core.words import Stage, Step, Stream

LONG, SHORT = 10_000, 100
TURNS: Final = 200


def now() -> datetime:
    return datetime.now(UTC)


def handle_on(store: SqlStore, names: tuple[str, ...] = ()) -> Handle:
    known = tuple(Repository(id=name, name=Stream(name), team="credit") for name in names)
    platform = Platform(repositories=known)
    return Handle(store, platform=lambda: platform, policy=Policy(), clock=now, is_local=True)


def line(what: str, found: float, aim: float, unit: str) -> None:
    print(f"{what:44} {found:9.2f} {unit:4} aim <= {aim:g}")


def percentile(found: list[float], share: float) -> float:
    return sorted(found)[min(len(found) - 1, int(share * len(found)))]


def resident_mb() -> float:
    """Return the largest memory so far, in MB, which includes what was needed in passing."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def one_by_one(folder: Path) -> None:
    """Time the first and the second look at every model, in random order."""
    started = time.perf_counter()
    store = SqlStore(f"sqlite:///{folder}/store.db")
    await store.ping()
    line("the store is ready after", time.perf_counter() - started, 2, "s")
    handle, first, second = handle_on(store), [], []
    streams = list(await store.held())
    random.shuffle(streams)
    for stream in streams:
        for times in (first, second):
            looked = time.perf_counter()
            await handle.model(stream)
            times.append((time.perf_counter() - looked) * 1000)
    line("first look at a model, median", statistics.median(first), 20, "ms")
    line("first look at a model, p99", percentile(first, 0.99), 20, "ms")
    line("second look, median", statistics.median(second), 1, "ms")
    line("second look, p99", percentile(second, 0.99), 1, "ms")
    await store.close()


async def at_once(folder: Path) -> None:
    """Time a look at all models at once, as a command that lists every model takes it."""
    store = SqlStore(f"sqlite:///{folder}/store.db")
    handle, before = handle_on(store), resident_mb()
    started = time.perf_counter()
    streams = list(await store.held())
    line("what all models hold, as the poll asks", time.perf_counter() - started, 3, "s")
    lags: list[float] = []
    watching = asyncio.create_task(watch(lags))
    started = time.perf_counter()
    await asyncio.gather(*(look(handle, stream) for stream in streams))
    line(f"all {len(streams)} models at once", time.perf_counter() - started, 3, "s")
    watching.cancel()
    line("longest time the event loop was held up", max(lags, default=0) * 1000, 50, "ms")
    line("resident at most", resident_mb(), 250, "MB")
    print(f"{'... of it before the first look':44} {before:9.2f} MB")
    await store.close()


async def look(handle: Handle, stream: Stream) -> tuple[str, int, Release | None]:
    """Read from a model what ``model list`` shows in its line."""
    model = await handle.model(stream)
    return model.held(Stage.PROD), len(model.live_ids), model.newest()


async def watch(lags: list[float]) -> None:
    while True:
        started = time.perf_counter()
        await asyncio.sleep(0.005)
        lags.append(time.perf_counter() - started - 0.005)


async def long_stream(store: SqlStore, name: str, releases: int) -> None:
    if (await store.state(Stream(name))).version:
        return  # The ledger was kept from the last time.
    story, checked = Template(name), Checked(checks=(), model=f"{name}_model", team="credit")
    for start in range(0, releases, SHORT):
        done = len(story.events)
        for number in range(start + 1, start + SHORT + 1):
            story.push(number).finish(Step.CHECK, checked)
        await store.commit(Stream(name), done, story.events[done:], [])


def push(name: str, number: int) -> CodePushed:
    return CodePushed(
        id=f"ado/{name}/{number}", time=now(), repository=name, branch="main",
        commit=f"{number:040x}", pusher="ada", push_id=number,
    )  # fmt: skip


async def pushes(folder: Path) -> None:
    """Push to both streams in turns, so that other load on the machine meets both."""
    store = SqlStore(f"sqlite:///{folder}/pushes.db")
    lengths = {"long": LONG, "short": SHORT}
    for name, releases in lengths.items():
        await long_stream(store, name, releases)
    handle = handle_on(store, tuple(lengths))
    times: dict[str, list[float]] = {name: [] for name in lengths}
    last = max([max((await handle.model(Stream(name))).pushes.values()) for name in lengths])
    for turn in range(TURNS):
        for name in random.sample(sorted(lengths), 2):
            event = push(name, last + 1 + turn)
            started = time.perf_counter()
            await handle(event, EventOrigin.OUTSIDE)
            times[name].append((time.perf_counter() - started) * 1000)
    medians = {name: statistics.median(found) for name, found in times.items()}
    for name, releases in lengths.items():
        print(f"a push to a stream of {releases} releases: median {medians[name]:.2f} ms")
    ratio = medians["long"] / medians["short"]
    line(f"a push with {LONG} releases / with {SHORT}", ratio, 1.5, "x")
    await store.close()


PARTS: Final = {"one_by_one": one_by_one, "at_once": at_once, "pushes": pushes}


def measure(folder: Path) -> None:
    """Run each part in a new process, which remembers nothing of the one before."""
    asyncio.run(make(folder))
    print(f"{EVENTS:,} events over {MODELS:,} models")
    for name in PARTS:
        command = [sys.executable, __file__, "--part", name, "--keep", str(folder)]
        subprocess.run(command, check=True)  # noqa: S603 - our own command


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="a folder where the ledger stays")
    parser.add_argument("--part", choices=PARTS, help="only this, on a ledger that is there")
    asked = parser.parse_args()
    if asked.part:
        asyncio.run(PARTS[asked.part](asked.keep))
    elif asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
        measure(asked.keep)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder))


if __name__ == "__main__":
    main()
