"""Finds copies in 10,000 files of 150 repositories: our index against a full rescan with jscpd.

``python benchmarks/duplicates.py`` prints how long it takes to build the index, how long one push
takes, how large the index is, and how many of the planted copies each of the two finds.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from planted_copies import COPIES, OF_EACH_KIND, Tree, tree

from adapters.clone_index.index import CloneIndexFile
from core.gate.check_rules import DuplicateRules
from core.gate.checks import ModelRepo
from core.gate.facts import Clone
from workers.gate.duplicates.find import clones, learn

FILES = 10_000
PUSHES = 15
RULES = DuplicateRules()
JSCPD_S = 900.0
MB = 1e6
PUSHED = b"""

def added_by_the_push(loans, params):
    limit = params["limit"]
    return [loan for loan in loans if loan.amount > limit]
"""


class Timed:
    """The index, which also records how long its look-ups take."""

    def __init__(self, index: CloneIndexFile) -> None:
        self.index = index
        self.files = index.files
        self.replace = index.replace
        self.look_up_s: list[float] = []

    async def look_up(self, prints: set[int], *, besides: str) -> Any:
        start = time.perf_counter()
        found = await self.index.look_up(prints, besides=besides)
        self.look_up_s.append(time.perf_counter() - start)
        return found


def write(planted: Tree, folder: Path) -> None:
    for repository, code in planted.files.items():
        for path, data in code.items():
            target = folder / repository / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


async def build(planted: Tree, index: CloneIndexFile) -> float:
    """Learn every repository for the first time, as many at once as there are cores."""
    slots = asyncio.Semaphore(os.cpu_count() or 1)

    async def learnt(repository: str) -> None:
        async with slots:
            repo = ModelRepo(files=planted.files[repository])
            await learn(repo, repository, index, RULES)

    return await seconds(lambda: gathered([learnt(name) for name in planted.files]))


async def gathered(tasks: list[Awaitable[None]]) -> None:
    await asyncio.gather(*tasks)


async def push(planted: Tree, index: Timed) -> list[float]:
    """Compare commits that change one file each; return the seconds of each comparison."""
    times = []
    for repository in list(planted.files)[:PUSHES]:
        code = dict(planted.files[repository])
        path = next(iter(code))
        code[path] += PUSHED
        repo = ModelRepo(files=code)
        times.append(await seconds(lambda: clones(repo, repository, index, RULES)))  # noqa: B023
    return times


def cpu() -> float:
    """Return the seconds of processor time so far, ours and our children's.

    Unlike elapsed time, it hardly depends on what else the machine does.
    """
    return sum(os.times()[:4])


async def seconds(work: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await work()
    return time.perf_counter() - start


async def found_by_us(planted: Tree, index: CloneIndexFile) -> set[str]:
    """Return the planted files in which our check found something, copies only with origin."""
    found: set[str] = set()
    for repository, code in planted.files.items():
        only = {path: data for path, data in code.items() if path.startswith("planted/")}
        told = await clones(ModelRepo(files=only), repository, index, RULES)
        found.update(clone.path for clone in told or () if _is_right(planted, clone))
    return found


def _is_right(planted: Tree, clone: Clone) -> bool:
    """Tell whether a find counts: a planted copy only with its origin, a non-copy always."""
    origin = planted.origins.get(clone.path)
    if origin is None:
        return True
    return (clone.repository, clone.other_path) == (origin.repository, origin.path)


def rescan(folder: Path, report: Path) -> float:
    command = [
        str(Path(sys.executable).parent / "jscpd"), str(folder), "-f", "python",
        "--min-tokens", "50", "--min-lines", "8", "-r", "json", "-o", str(report), "--silent",
    ]  # fmt: skip
    start = time.perf_counter()
    subprocess.run(command, check=True, timeout=JSCPD_S, stdout=subprocess.DEVNULL)  # noqa: S603
    return time.perf_counter() - start


def found_by_jscpd(planted: Tree, report: Path) -> set[str]:
    """Return the planted files in which jscpd found something, copies only with origin."""
    pairs = json.loads((report / "jscpd-report.json").read_bytes())["duplicates"]
    found: set[str] = set()
    for pair in pairs:
        names = [pair[side]["name"] for side in ("firstFile", "secondFile")]
        for one, other in (names, names[::-1]):
            path = "planted/" + one.rpartition("/planted/")[2]
            origin = planted.origins.get(path)
            if "/planted/" in one and (origin is None or other.endswith(origin.path)):
                found.add(path)
    return found


def quality(name: str, planted: Tree, found: set[str]) -> Iterator[str]:
    right = found & planted.origins.keys()
    kinds = ", ".join(f"{kind} {_count(right, kind)}/{OF_EACH_KIND}" for kind in COPIES)
    recall = len(right) / len(planted.origins)
    precision = len(right) / max(1, len(found))
    wrong = ", ".join(sorted(found - right)[:3])
    yield f"{name:6} recall {recall:.2f} ({kinds}), precision {precision:.2f} {wrong}"


def _count(paths: set[str], kind: str) -> int:
    return sum(path.startswith(f"planted/{kind}_") for path in paths)


async def compare(count: int, folder: Path) -> None:
    planted = tree(count)
    write(planted, folder / "tree")
    lines = sum(data.count(b"\n") for code in planted.files.values() for data in code.values())
    print(f"{sum(map(len, planted.files.values())):,} files, {lines:,} lines", flush=True)
    built = await compare_build(planted, folder / "clones.db")
    index = Timed(CloneIndexFile(folder / "clones.db"))
    pushes = await push(planted, index)
    print(f"a push {milliseconds(pushes)}, its query {milliseconds(index.look_up_s)}", flush=True)
    ours = await found_by_us(planted, index.index)
    await index.index.close()
    before = cpu()
    scan = await asyncio.to_thread(rescan, folder / "tree", folder / "report")
    print(f"jscpd  a full rescan in {scan:.1f} s ({cpu() - before:.1f} s of processor)")
    theirs = found_by_jscpd(planted, folder / "report")
    print("\n".join([*quality("ours", planted, ours), *quality("jscpd", planted, theirs)]))
    print(f"ratio of a rescan with jscpd to one push: {scan / statistics.median(pushes):.0f}")
    print(f"ratio of a rescan with jscpd to building the index: {scan / built:.2f}")


async def compare_build(planted: Tree, path: Path) -> float:
    index, before = CloneIndexFile(path), cpu()
    built = await build(planted, index)
    await index.close()  # Closing moves the write-ahead log into the file, so that its size counts.
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"index  built in {built:.1f} s ({cpu() - before:.1f} s of processor)", end=", ")
    print(f"{megabytes(path):.0f} MB; a child took {memory:.0f} MB at most", flush=True)
    return built


def megabytes(path: Path) -> float:
    return path.stat().st_size / MB


def milliseconds(times: list[float]) -> str:
    return f"{statistics.median(times) * 1000:.0f} ms (at most {max(times) * 1000:.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=FILES, help="how many files the tree has")
    parser.add_argument("--folder", type=Path, help="where the tree is written (a new folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        asyncio.run(compare(arguments.files, Path(folder)))


if __name__ == "__main__":
    main()
