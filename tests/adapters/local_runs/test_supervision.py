"""A run survives the end of the process that started it, and the end of its keeper is seen."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest
from mlflow.tracking import MlflowClient

from adapters.local_runs import LocalRuns, platform
from adapters.local_runs.folder import RunFolder
from adapters.local_runs.followed import MOST_TIMES
from adapters.local_runs.platform import MOST_LAUNCHES
from adapters.sandbox import probe
from adapters.sandbox.sandbox import ShutIn
from core.errors import UnavailableError
from core.gate.tools import Level
from core.ports import ModelRegistry, RunSpec, RunState, Tracking
from core.words import ReleaseId, RunId, Stage, Step, platform_of
from tests.adapters.local_runs.conftest import Machine
from tests.adapters.ml_platform_contract import (
    finish,
    key,
    outcome,
    reason,
    until_running,
    whole_log,
)
from tests.adapters.ml_platform_models import MODEL, repository, spec, training

ROOT = Path(__file__).parents[3]
SLOW = (
    "import os, time\nprint('pid', os.getpid())\ntime.sleep({seconds})\nprint('trained')\nreturn 1"
)
SECRET = "correct horse battery"

PARENT = """
import asyncio, pathlib, sys, time
import msgspec
from adapters.local_runs import LocalRuns
from core.ports import RunSpec

home, settings, order = sys.argv[1:]
runs = LocalRuns(pathlib.Path(home), **msgspec.json.decode(bytes.fromhex(settings)))
spec = msgspec.msgpack.decode(bytes.fromhex(order), type=RunSpec)
print(asyncio.run(runs.start(spec)), flush=True)
time.sleep(600)
"""


def slow(seconds: float, run: str) -> RunSpec:
    return spec(key(), Step.TRAIN, run, code=training(SLOW.format(seconds=seconds)))


@pytest.fixture
async def run(tracking: Tracking) -> str:
    return await tracking.open_run(MODEL, ReleaseId(f"loan_default-{key()[5:]}"), {})


def folder_of(home: Path, started: RunId) -> Path:
    return home / "runs" / started.rpartition("/")[2]


def kill_keeper(folder: RunFolder) -> None:
    owner = folder.owner()
    assert owner is not None
    process = psutil.Process(owner.pid)
    process.kill()
    psutil.wait_procs([process], timeout=10)


async def kill_once_running(platform: LocalRuns, machine: Machine, started: RunId) -> None:
    await until_running(platform, started)
    while "pid" not in await whole_log(platform, started):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    kill_keeper(RunFolder(folder_of(machine.home, started)))


async def long_runs(machine: Machine, most: int) -> list[Path]:
    """Wait until no more are left: a keeper clears up when its answer is kept already."""
    async with asyncio.timeout(10):
        while len(found := [*(machine.home / "long_runs").iterdir()]) > most:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found


def started_by_a_process_that_is_killed(machine: Machine, wanted: RunSpec) -> RunId:
    settings = msgspec.json.encode(machine.settings()).hex()
    order = msgspec.msgpack.encode(wanted).hex()
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(machine.home), settings, order],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        started = parent.stdout.readline().strip()
        parent.kill()
    return RunId(started)


async def test_a_run_survives_the_process_that_started_it(
    platform: LocalRuns, machine: Machine, run: str
):
    wanted = slow(3, run)
    started = await asyncio.to_thread(started_by_a_process_that_is_killed, machine, wanted)
    assert (await finish(platform, started)).state is RunState.SUCCEEDED
    assert (folder_of(machine.home, started) / "launches").read_bytes() == b"."
    assert (await whole_log(platform, started)).count("trained") == 1


async def test_an_id_of_before_that_says_no_place_is_found_on_this_machine(
    platform: LocalRuns, machine: Machine, run: str
):
    """As the ledger keeps it of a run that an earlier version of Sluss has started."""
    started = await platform.start(spec(key(), Step.SCORE, run))
    assert platform_of(started) == "local"
    of_before = RunId(folder_of(machine.home, started).name)
    assert await finish(platform, of_before) == await platform.look(started)


async def test_a_killed_keeper_is_replaced_and_its_step_goes_on(
    platform: LocalRuns, machine: Machine, run: str
):
    started = await platform.start(slow(3, run))
    await kill_once_running(platform, machine, started)
    look = await platform.look(started)
    assert look.state is RunState.PREPARING
    assert look.note == "starting again: its keeper was killed"
    assert (await finish(platform, started)).state is RunState.SUCCEEDED
    log = await whole_log(platform, started)
    assert (log.count("pid"), log.count("trained")) == (1, 1)
    assert await long_runs(machine, 0) == []


async def test_a_killed_warden_is_replaced_and_its_step_begins_anew(
    platform: LocalRuns, machine: Machine, run: str
):
    started = await platform.start(slow(3, run))
    await until_running(platform, started)
    while "pid" not in await whole_log(platform, started):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    [folder] = await long_runs(machine, 1)
    os.kill(int((folder / "owner").read_text().split()[0]), signal.SIGKILL)
    assert (await finish(platform, started)).state is RunState.SUCCEEDED
    log = await whole_log(platform, started)
    assert (log.count("pid"), log.count("trained")) == (2, 1)


async def test_a_run_that_ends_itself_by_a_signal_from_outside_is_given_up(
    platform: LocalRuns, machine: Machine, run: str
):
    """It looks like a machine that stops, so that it is tried again, a few times."""
    code = training("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nreturn 1")
    said = await reason(platform, spec(key(), Step.TRAIN, run, code=code))
    assert f"was ended {MOST_TIMES} times before it could finish" in said
    assert await long_runs(machine, 0) == []


async def test_a_stop_of_all_processes_is_no_failure_and_counts_as_no_end(
    platform: LocalRuns, machine: Machine, run: str
):
    """Whoever ends the container signals the model's process, too, and perhaps before its keeper."""
    started = await platform.start(slow(5, run))
    folder = RunFolder(folder_of(machine.home, started))
    for number in range(MOST_LAUNCHES + 1):
        await until_running(platform, started)
        keeper = psutil.Process(folder.owner().pid)
        both = [*keeper.children(recursive=True), keeper]
        for process in both if number % 2 else both[::-1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        psutil.wait_procs(both, timeout=10)
        assert folder.result() is None
    assert (await finish(platform, started)).state is RunState.SUCCEEDED


async def test_a_run_that_began_without_walls_does_not_go_on_where_they_are_asked_for_now(
    machine: Machine, run: str
):
    """An identity may have come since, which no code may stand beside without walls."""
    sandbox = await probe(Level.LIMITS, home=machine.home.resolve())

    async def found() -> ShutIn:
        return sandbox

    before = machine.runs(find_sandbox=found)
    wanted = msgspec.structs.replace(slow(600, run), weakest=Level.LIMITS)
    started = await before.start(wanted)
    await until_running(before, started)
    await before.stop()

    look = await machine.runs(find_sandbox=found, weakest=Level.NAMESPACES).look(started)
    assert look.state is RunState.FAILED
    assert "with limits only, and policy.yml asks for namespaces" in look.reason


async def test_runs_that_are_stopped_leave_no_process_and_begin_anew_at_the_next_look(
    platform: LocalRuns, machine: Machine, run: str
):
    started = await platform.start(slow(600, run))
    await until_running(platform, started)
    folder = RunFolder(folder_of(machine.home, started))
    owner = folder.owner()
    assert owner is not None

    await platform.stop()

    assert not psutil.pid_exists(owner.pid) or not psutil.Process(owner.pid).is_running()
    assert not [one for one in psutil.process_iter() if folder.run in " ".join(_command(one))]
    assert folder.result() is None
    assert (await platform.look(started)).state in {RunState.PREPARING, RunState.RUNNING}
    await platform.cancel(started)


async def test_a_run_that_lasts_is_looked_at_less_often(
    platform: LocalRuns, machine: Machine, run: str
):
    started = await platform.start(slow(600, run))
    early = (await platform.look(started)).look_again_s
    order = folder_of(machine.home, started) / "order.json"
    os.utime(order, (order.stat().st_mtime - 3600,) * 2)
    late = (await platform.look(started)).look_again_s
    await platform.cancel(started)
    assert 0 < early < 1 < late <= 5


async def test_a_cancelled_run_leaves_no_process(platform: LocalRuns, machine: Machine, run: str):
    started = await platform.start(slow(600, run))
    await until_running(platform, started)
    os.kill(RunFolder(folder_of(machine.home, started)).owner().pid, signal.SIGSTOP)
    await platform.cancel(started)
    assert (await platform.look(started)).reason == "cancelled"
    assert not [
        p
        for p in psutil.process_iter()
        if folder_of(machine.home, started).name in " ".join(_command(p))
    ]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


async def test_a_kill_leaves_no_half_environment(machine: Machine, tmp_path: Path, run: str):
    platform = Machine(tmp_path, machine.tracking_uri, machine.index_env).runs()
    wanted = spec(key(), Step.TRAIN, run, environment=("requirements.txt", "six==1.17.0\n"))
    started = await platform.start(wanted)
    drafts = tmp_path / "environments"
    while not [*drafts.glob(".*/lib/*/site-packages/pandas")]:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    kill_keeper(RunFolder(folder_of(tmp_path, started)))
    assert [path.name for path in drafts.iterdir() if path.is_dir() and path.name[0] != "."] == []
    await until_running(platform, started)
    assert [path for path in drafts.iterdir() if path.name[0] == "."] == []
    await platform.cancel(started)


async def test_a_step_gets_nothing_of_our_environment(
    machine: Machine, run: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SLUSS_TEST_SETTING", "inherited")
    platform = machine.runs(secrets=(SECRET,), index_env={**machine.index_env, "UV_X": "mine"})
    code = training(f"import os\nprint(dict(os.environ), {SECRET!r})\nraise OSError({SECRET!r})")
    wanted = spec(key(), Step.TRAIN, run, code=code)
    said = await reason(platform, wanted)
    log = await whole_log(platform, await platform.start(wanted))
    assert "MLFLOW_TRACKING_URI" in log
    assert "SLUSS_TEST_SETTING" not in log
    assert "UV_" not in log
    assert SECRET not in log + said


async def test_a_printed_token_never_rests_on_disk(platform: LocalRuns, machine: Machine, run: str):
    token = "dapi" + "0123456789abcdef" * 2
    code = training(
        "text = ''.join(['dapi', *['0123456789abcdef'] * 2])\nprint(text)\nraise OSError(text)"
    )
    wanted = spec(key(), Step.TRAIN, run, code=code)
    await reason(platform, wanted)
    folder = folder_of(machine.home, await platform.start(wanted))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if token.encode() in path.read_bytes()] == []


async def test_a_version_is_promoted_with_its_own_requirements(
    platform: LocalRuns, machine: Machine, registry: ModelRegistry, run: str
):
    score = "import six\n\n\ndef score(model, data, params):\n    return [six.__version__, model.value]\n"
    environment = ("requirements.txt", "six==1.17.0\n")
    code = repository({"src/score.py": score})
    await outcome(platform, spec(key(), Step.TRAIN, run, code=code, environment=environment))
    registered = await registry.register(MODEL, ReleaseId(f"loan_default-{run}"), run, {})
    wanted = spec(key(), Step.PROMOTE, run, stage=Stage.PROD, version=registered.version)
    assert (await outcome(platform, wanted)).rows == 2
    stage = machine.home / "stages" / "PROD" / MODEL / registered.version
    assert "1.17.0" in (stage / "predictions.csv").read_text()


async def test_what_evaluate_measured_counts_whatever_the_model_has_logged_by_that_name(
    platform: LocalRuns, machine: Machine, tracking: Tracking, run: str
):
    await outcome(platform, spec(key(), Step.TRAIN, run))
    client = MlflowClient(machine.tracking_uri)
    for step in (1, 7):
        client.log_metric(run, "rate", 0.9, step=step)
    evaluated = await outcome(platform, spec(key(), Step.EVALUATE, run))
    assert await tracking.metrics(run) == evaluated.metrics == {"rate": 0.35, "rows": 4.0}


async def test_a_stage_keeps_what_it_has_when_a_promotion_fails(
    platform: LocalRuns, machine: Machine, registry: ModelRegistry, run: str
):
    score = "def score(model, data, params):\n    return [1] * params.get('rows', 1)\n"
    await outcome(platform, spec(key(), Step.TRAIN, run, code=repository({"src/score.py": score})))
    registered = await registry.register(MODEL, ReleaseId(f"loan_default-{run}"), run, {})
    promote = {"version": registered.version, "stage": Stage.QA}
    await outcome(platform, spec(key(), Step.PROMOTE, run, **promote))
    stage = machine.home / "stages" / "QA" / MODEL
    before = {path: path.read_bytes() for path in stage.rglob("*") if path.is_file()}
    none = "tables: {applications: data/applications.csv}\nparameters: {rows: 0, margin: 0}"
    said = await reason(platform, spec(key(), Step.PROMOTE, run, dataset=none, **promote))
    assert "score() returned 0 rows" in said
    assert {path: path.read_bytes() for path in stage.rglob("*") if path.is_file()} == before


async def test_a_registered_version_is_a_whole_mlflow_model(
    platform: LocalRuns, machine: Machine, registry: ModelRegistry, run: str
):
    await outcome(platform, spec(key(), Step.TRAIN, run))
    registered = await registry.register(MODEL, ReleaseId(f"loan_default-{run}"), run, {})
    promoted = spec(key(), Step.PROMOTE, run, version=registered.version)
    await outcome(platform, promoted)
    artifact = machine.home / "stages" / "TST" / MODEL / registered.version / "artifact"
    script = (
        "import sys, mlflow.pyfunc, pandas as pd; model = mlflow.pyfunc.load_model(sys.argv[1]); "
        "frame = pd.DataFrame({'income': [1, 2]}); print(model.predict(frame), "
        "model.predict({'applications': frame}))"
    )
    answer = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-W", "ignore", "-c", script, str(next(artifact.rglob("MLmodel")).parent)],
        capture_output=True,
        text=True,
        check=True,
        cwd=machine.home,
    )
    assert answer.stdout.split("\n")[-2] == "[0.35, 0.35] [0.35, 0.35]"


async def test_the_end_of_a_run_that_somebody_holds_for_ever_is_tried_again_later(
    tmp_path, monkeypatch
):
    """As a process that was stopped while it started it: nobody can be ended for it."""
    monkeypatch.setattr(platform, "MOST_S", 0.2)
    folder = RunFolder(tmp_path / "runs" / ("0" * 32))
    folder.path.mkdir(parents=True)
    held = folder.claim()
    runs = LocalRuns(tmp_path, tracking_uri="", uv="uv", python="python", index_env={})

    async with asyncio.timeout(10):
        with pytest.raises(UnavailableError, match="could not be ended"):
            await runs.cancel(RunId(f"local/{folder.run}"))
    os.close(held)


@pytest.mark.parametrize(
    "names", [("x" * 300,), ("src",), ("a", "a/b")], ids=["long", "both", "twice"]
)
async def test_a_tree_made_by_hand_that_no_folder_can_hold_fails_in_words(platform, names):
    code = repository(dict.fromkeys(names, "x"))

    look = await finish(platform, await platform.start(spec(key(), Step.TRAIN, "", code=code)))

    assert look.state is RunState.FAILED
    assert "cannot be a file here" in look.reason
