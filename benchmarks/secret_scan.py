"""Measures the check ``secrets`` on two trees: what it finds, its false alarms, and its speed.

``python benchmarks/secret_scan.py`` draws the secrets anew from each seed. The detectors were made
with the first tree; the second one was written before its first run, independently.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from tests.workers.gate.secret_scan.hold_out import hold_out
from tests.workers.gate.secret_scan.made import judged
from tests.workers.gate.secret_scan.planted import planted
from workers.gate.secret_scan.report import ScanTask
from workers.gate.secret_scan.scanner import Scanner

AIM = 0.95
TREES: dict[str, Callable[[int], Any]] = {"made with": planted, "held out": hold_out}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seeds", type=int, default=10, help="how many times each tree is drawn")
    words.add_argument("--rounds", type=int, default=3, help="how many times the process is timed")
    chosen = words.parse_args()
    scanner = Scanner()
    for name, make in TREES.items():
        quality(name, make, scanner, chosen.seeds)
    speed(chosen.rounds)


def quality(name: str, make: Callable[[int], Any], scanner: Scanner, seeds: int) -> None:
    planted_kinds, found_kinds = Counter[str](), Counter[str]()
    alarms = Counter[str]()
    for seed in range(1, seeds + 1):
        tree = make(seed)
        found, _, false = judged(tree, scanner)
        planted_kinds.update(kind for _, _, kind in tree.planted)
        found_kinds.update(kind for _, _, kind in found)
        alarms.update(false.values())
    print(
        f"\nThe tree {name}: {seeds} drawings, each with {tree.look_alikes} groups of look-alikes"
    )
    for kind, count in sorted(planted_kinds.items()):
        print(f"  {kind:16} planted {count:4}  found {found_kinds[kind]:4}")
    for kind, count in alarms.items():
        print(f"  {kind:16} false alarms {count}")
    total, wrong = found_kinds.total(), alarms.total()
    print(f"  recall    {total / planted_kinds.total():.4f}  (aim {AIM})")
    print(f"  precision {total / (total + wrong):.4f}  (aim {AIM}), false alarms {wrong}")


def speed(rounds: int) -> None:
    """Time the whole process, as the gate starts it: on small repositories its start takes most."""
    print()
    for files in (1, 30, 300):
        seconds = [_run(files) for _ in range(rounds)]
        print(f"{files:4} files: {statistics.median(seconds):.2f} s, median of {rounds}")
    root = Path(__file__).parents[1]
    texts = [path.read_text() for path in sorted(root.glob("*/**/*.py"))[:300]]
    scanner, started = Scanner(), time.process_time()
    for text in texts:
        scanner.scan(text, "a.py")
    each = (time.process_time() - started) / len(texts) * 1_000
    size = sum(map(len, texts)) / len(texts) / 1_000
    print(f"scanning alone: {each:.2f} ms a file of {size:.1f} KB")


def _run(files: int) -> float:
    source = (Path(__file__).parents[1] / "workers/gate/gate.py").read_text()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(files):
            (Path(folder) / f"file_{number}.py").write_text(f"{source}\n# {number}\n")
        task = msgspec.msgpack.encode(ScanTask(baseline=".secrets.baseline"))
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-I", "-m", "workers.gate.secret_scan.scan"],
            cwd=folder, input=task, capture_output=True, check=True,
        )  # fmt: skip
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
