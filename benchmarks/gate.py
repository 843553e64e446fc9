"""Measures how fast the gate answers on a repository of 30 files, beside the tools that it runs.

``python benchmarks/gate.py`` runs in turns, ``--rounds`` times: the quick tier, each tool alone in
the sandbox, and the whole static gate (without the unit tests). Then it asks again for the
unchanged repository, in process and by ``sluss check``. It prints medians and their ratios.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from adapters.sandbox import probe
from core.gate.checks import ModelRepo, Status
from core.gate.tools import Output, ToolCommand
from core.policy import Policy
from core.ports.sandbox import Places, Sandbox
from sluss.home.prepare import prepare_home
from sluss.home.settings import tool_environment
from sluss.on_a_folder.model_folder import read_folder
from sluss.templates.model_repository import Kind, write_repository
from workers.gate.checks import CHECKS
from workers.gate.gate import Gate
from workers.gate.tools import GateTools

FILES: Final = 30
POLICY: Final = Policy()
FACTS: Final = POLICY.facts()
STATIC: Final = tuple(check for check in CHECKS if check.id != "unit_tests")
IDS: Final = [check.id for check in STATIC]

MODULE: Final = '''\
"""Features of the kind {number}: what a customer did in a month."""

import numpy as np
import pandas as pd

WINDOW = {number}
'''
FUNCTION: Final = '''

def feature_{number}_{part}(frame: pd.DataFrame, column: str, window: int = WINDOW) -> pd.Series:
    """The mean over a window, in units of the spread; rows without a value get 0."""
    values = frame[column].astype(float)
    rolled = values.rolling(window, min_periods=1).mean()
    spread = float(np.nanstd(rolled)) or 1.0
    scores = []
    for value in rolled:
        if np.isnan(value):
            scores.append(0.0)
        elif value > {part}:
            scores.append((value - {part}) / spread)
        else:
            scores.append(value / spread)
    return pd.Series(scores, index=frame.index, name=f"{{column}}_{number}_{part}")
'''


def write(folder: Path) -> None:
    """Write the repository of ``sluss init``, and more modules of a common size."""
    made = write_repository(folder, Kind.SUPERVISED)
    for number in range(1, FILES - made + 1):
        functions = (FUNCTION.format(number=number, part=part) for part in range(1, 7))
        text = MODULE.format(number=number) + "".join(functions)
        (folder / "src" / f"features_{number:02}.py").write_text(text, "utf-8")


async def timed(work: Awaitable[object]) -> float:
    """Return the seconds that the work takes; fail if a check did not really run."""
    started = time.perf_counter()
    done = await work
    seconds = time.perf_counter() - started
    if isinstance(done, Output) and (done.stopped or not (done.stdout or done.files)):
        raise RuntimeError(f"a tool said nothing: {done.stderr.decode(errors='replace')}")
    if isinstance(done, tuple):
        broken = {each.check: each.note for each in done if each.status is Status.COULD_NOT_RUN}
        if broken:
            raise RuntimeError(f"could not run: {broken}")
    return seconds


def commands(repo: ModelRepo) -> dict[str, tuple[ToolCommand, ModelRepo]]:
    """Return the command of each check's tool, and the files that it sees."""
    found: dict[str, tuple[ToolCommand, ModelRepo]] = {}
    for check in STATIC:
        part = check.part(repo)
        command = check.full.command(part, FACTS) if check.full else None
        if command is not None and not command.needs_environment:
            found[check.id] = command, part
    return found


async def alone(sandbox: Sandbox, repo: ModelRepo, cache: Path) -> dict[str, float]:
    places = Places(cache=str(cache))
    return {
        name: await timed(sandbox.run(command, part, places))
        for name, (command, part) in commands(repo).items()
    }


def tools_with(sandbox: Sandbox, folder: Path) -> GateTools:
    async def found() -> Sandbox:
        return sandbox

    cache = folder / "tools"
    cache.mkdir(exist_ok=True)
    return GateTools(sandbox=found, cache=str(cache), network_env=tool_environment(os.environ))


async def in_turns(repo: ModelRepo, folder: Path, rounds: int) -> list[Mapping[str, float]]:
    sandbox = await probe()
    gate = Gate(tools_with(sandbox, folder))
    taken: list[Mapping[str, float]] = []
    for _ in range(rounds):
        quick = await timed(gate(repo, FACTS, POLICY, only=IDS, is_quick=True))
        tools = await alone(sandbox, repo, folder / "tools")
        whole = await timed(gate(repo, FACTS, POLICY, only=IDS))
        taken.append({**tools, "quick tier": quick, "whole gate": whole})
    return taken


async def again(repo: ModelRepo, folder: Path, rounds: int) -> float:
    tools = tools_with(await probe(), folder)
    await Gate(tools, cache=folder / "answers")(repo, FACTS, POLICY, only=IDS)
    times = [
        await timed(Gate(tools, cache=folder / "answers")(repo, FACTS, POLICY, only=IDS))
        for _ in range(rounds)
    ]
    return statistics.median(times)


def by_command(model: Path, home: Path, rounds: int) -> float:
    """Return the median seconds of ``sluss check``, without the first, which fills the cache."""
    only = [word for name in IDS for word in ("--only", name)]
    command = [sys.executable, "-m", "sluss", "check", str(model), "--home", str(home), *only]
    times = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def report(taken: list[Mapping[str, float]], in_process: float, command_line: float) -> None:
    median = {name: statistics.median(each[name] for each in taken) for name in taken[0]}
    tools = [name for name in median if name not in {"quick tier", "whole gate"}]
    for name in tools:
        print(f"  {name} alone: {median[name]:.2f} s")
    line("quick tier", median["quick tier"], "s", 1.0)
    print(f"whole static gate: {median['whole gate']:.2f} s")
    if tools:
        line("whole gate / its slowest tool alone", ratio(taken, tools, max), "x", 1.15)
        print(f"whole gate / the tools one after another: {ratio(taken, tools, sum):.2f} x")
    line("unchanged, in process", in_process, "s", 0.3)
    line("unchanged, by sluss check", command_line, "s", 0.8)


def ratio(taken: list[Mapping[str, float]], tools: list[str], of: object) -> float:
    """Return the median of each round's own ratio: the machine may be slower in the next one."""
    assert callable(of)
    return statistics.median(
        each["whole gate"] / of(each[name] for name in tools) for each in taken
    )


def line(what: str, value: float, unit: str, aim: float) -> None:
    print(f"{what}: {value:.2f} {unit} (aim {aim:g} {unit}: {'met' if value <= aim else 'missed'})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, home = folder / "loan_default", folder / "home"
        write(model)
        prepare_home(home)
        repo = read_folder(model, POLICY)
        print(f"{len(repo.files)} files, {len(IDS)} checks: {', '.join(IDS)}")
        taken = asyncio.run(in_turns(repo, folder, rounds))
        in_process = asyncio.run(again(repo, folder, rounds))
        report(taken, in_process, by_command(model, home, rounds))


if __name__ == "__main__":
    main()
