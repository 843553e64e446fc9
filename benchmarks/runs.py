"""Measures what a run costs beside another checkout, in turns: ``python -m benchmarks.runs OTHER``.

Each round trains, scores and evaluates a model that does nothing, once with this checkout and once
with the other one, against one MLflow. It prints the median seconds of each step, and both ratios.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.peers.mlflow import running

ROOT = Path(__file__).parents[1]
ROUNDS = 4
STEPS = ("train", "score", "evaluate")
ROUND = """
import asyncio, os, pathlib, sys, time, uuid
from adapters.local_runs import LocalRuns
from adapters.mlflow import MlflowSettings, build, configure
from core.ports import RunState
from core.words import ReleaseId, Step
from tests.adapters.ml_platform_models import MODEL, spec

async def main(home, uri):
    configure(os.environ)
    uv = str(pathlib.Path(sys.executable).with_name("uv"))
    env = {name: value for name, value in os.environ.items() if name.startswith(("UV_", "SSL_"))}
    runs = LocalRuns(home, tracking_uri=uri, uv=uv, python=sys.executable, index_env=env)
    mlflow = build(MlflowSettings(tracking_uri=uri, threads=1))
    release = ReleaseId(f"{MODEL}-{uuid.uuid4().hex}")
    run = await mlflow.tracking.open_run(MODEL, release, {})
    if hasattr(runs, "_find_sandbox") and runs._find_sandbox:
        await runs._find_sandbox()  # a server finds it once
    for step in (Step.TRAIN, Step.SCORE, Step.EVALUATE):
        began = time.monotonic()
        started = await runs.start(spec(uuid.uuid4().hex, step, run))
        while (look := await runs.look(started)).state in (RunState.PREPARING, RunState.RUNNING):
            await asyncio.sleep(0.02)
        assert look.state is RunState.SUCCEEDED, look.reason
        print(step, time.monotonic() - began, flush=True)
    await mlflow.close()

asyncio.run(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
"""


def one_round(checkout: Path, home: Path, uri: str) -> dict[str, float]:
    said = subprocess.run(  # noqa: S603 (our own interpreter and script)
        [sys.executable, "-c", ROUND, str(home), uri],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return {step: float(seconds) for step, seconds in map(str.split, said.splitlines())}


def main(other: Path) -> None:
    found = defaultdict[tuple[str, Path], list[float]](list)
    with tempfile.TemporaryDirectory(prefix="sluss-runs-") as folder:
        homes = {checkout: Path(folder, str(n)) for n, checkout in enumerate((other, ROOT))}
        mlflow = Path(folder, "mlflow")
        mlflow.mkdir()
        with running(mlflow) as server:
            for number in range(ROUNDS + 1):  # the first one builds the environments
                for checkout, home in homes.items():
                    for step, seconds in one_round(checkout, home, server.uri).items():
                        found[step, checkout] += [seconds] * bool(number)
                        print(f"  {checkout.name} {step} {seconds:.2f} s", flush=True)
    for step in STEPS:
        before, after = (statistics.median(found[step, checkout]) for checkout in (other, ROOT))
        change = f"{after - before:+6.2f} s  x{after / before:.2f}"
        print(f"{step:<9} {before:6.2f} s {after:6.2f} s  {change}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
