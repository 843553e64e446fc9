"""The process that owns one run: it builds the environment, runs the step, and keeps the result.

    python -P -s -m adapters.local_runs.supervisor <folder> <descriptor of the folder's lock>

It outlives the server that started it. When it is killed, the lock is free and there is no result,
so that the next look at the run starts another supervisor.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Final

import msgspec
import psutil

from adapters.local_runs import child_environment, processes
from adapters.local_runs.child import ANSWER, ChildCommand, ChildEnded, run
from adapters.local_runs.environments import Environments, Tools
from adapters.local_runs.folder import CANCELLED, Order, Owner, RunFolder, Whispered
from adapters.local_runs.run_log import RunLog
from core.errors import StepFailedError
from core.ports.ml_platform import RunLook, RunOutcome, RunState
from core.scrub import scrub

BUILD_LIMIT_S: Final = 1800.0
STOPPED: Final = 128 + signal.SIGTERM
SPREAD_S: Final = 0.5  # a signal to all processes may reach the step a moment before us
BOOT: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from sluss_harness.main import main; main(*sys.argv[1:])"
)

BUILD_TOO_LONG: Final = (
    "Building the environment took longer than {limit:.0f} s. Nothing was run; retry the step, or "
    "ask for fewer packages."
)
TOO_LONG: Final = (
    "The step took longer than {limit:.0f} s and was ended. Make it faster or give it less data, "
    "then push again."
)
TOO_LARGE: Final = (
    "The step used more than {limit} MB of memory and was ended. Give it less data at a time, "
    "then push again."
)
BY_SIGNAL: Final = (
    "The step's process was ended by {name}: a crash in a library, or the machine ran out of "
    "memory. Its log has what it said last; mend it or retry."
)
BY_ITSELF: Final = (
    "The step's process ended itself with code {code} before the step was done. Take the exit out "
    "of the code and push again."
)


class StepAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the harness hands back: an outcome, a reason for its failure, or other requirements."""

    outcome: RunOutcome | None = None
    reason: str = ""
    requirements: tuple[str, ...] | None = None


class Supervisor:
    def __init__(self, folder: RunFolder, whispered: Whispered, log: RunLog) -> None:
        self._folder = folder
        self._order: Order = folder.order()
        self._log = log
        self._environments = Environments(
            Path(self._order.environments),
            Tools(
                uv=self._order.uv,
                python=self._order.python,
                env=child_environment.of_uv(whispered.index_env),
                hosts=self._order.hosts,
            ),
            watcher=self._why_end_build,
            sink=log.write,
        )

    def result(self) -> RunLook:
        try:
            answer, ended = self._step(self._order.requirements)
            if answer.requirements is not None:  # the version was trained with other packages
                answer, ended = self._step(answer.requirements)
        except StepFailedError as error:
            return RunLook(state=RunState.FAILED, reason=str(error))
        if answer.outcome is None:
            return RunLook(state=RunState.FAILED, reason=answer.reason)
        outcome = msgspec.structs.replace(answer.outcome, seconds=round(ended.seconds, 3))
        return RunLook(state=RunState.SUCCEEDED, outcome=outcome)

    def _step(self, requirements: tuple[str, ...]) -> tuple[StepAnswer, ChildEnded]:
        python = self._environments.ensure(requirements, self._tell_preparing)
        if self._folder.is_cancelled():
            raise StepFailedError(CANCELLED)
        step = self._order.request["step"]
        self._folder.tell(RunState.RUNNING, "calling the model's code")
        self._log.say(f"{step} starts")
        command = self._command(python, self._write_request(requirements))
        ended = run(command, self._log.write, self._why_end)
        self._log.say(f"{step} ended after {ended.seconds:.1f} s")
        if ended.reason:
            raise StepFailedError(ended.reason)
        return _answer(ended), ended

    def _command(self, python: Path, request: Path) -> ChildCommand:
        harness = str(self._folder.harness)
        return ChildCommand(
            argv=(str(python), "-I", "-u", "-c", BOOT, harness, str(request), ANSWER),
            env=child_environment.of_step(self._order, self._folder),
            folder=str(self._folder.code),
        )

    def _write_request(self, requirements: tuple[str, ...]) -> Path:
        path = self._folder.scratch / "request.json"
        scratch = str(self._folder.scratch)
        request = {**self._order.request, "requirements": requirements, "scratch": scratch}
        path.write_bytes(msgspec.json.encode(request))
        return path

    def _tell_preparing(self, note: str) -> None:
        self._folder.tell(RunState.PREPARING, note)

    def _why_end_build(self, seconds: float) -> str:
        if self._folder.is_cancelled():
            return CANCELLED
        is_late = seconds > BUILD_LIMIT_S
        return BUILD_TOO_LONG.format(limit=BUILD_LIMIT_S) if is_late else ""

    def _why_end(self, seconds: float) -> str:
        if self._folder.is_cancelled():
            return CANCELLED
        if seconds > self._order.time_limit_s:
            return TOO_LONG.format(limit=self._order.time_limit_s)
        limit = self._order.memory_limit_mb
        return TOO_LARGE.format(limit=limit) if processes.memory_mb() > limit else ""


def _answer(ended: ChildEnded) -> StepAnswer:
    try:
        answer = msgspec.json.decode(ended.answer, type=StepAnswer)
    except msgspec.DecodeError:  # nothing, half of it, or something that the model wrote
        answer = StepAnswer()
    if answer.outcome is not None or answer.reason or answer.requirements is not None:
        return answer
    if ended.code < 0:
        return StepAnswer(reason=BY_SIGNAL.format(name=signal.Signals(-ended.code).name))
    return StepAnswer(reason=BY_ITSELF.format(code=ended.code))


def _prepare(folder: RunFolder) -> None:
    """Remove the processes and files that a killed supervisor may have left, and make folders."""
    processes.end_marked(folder.mark)
    shutil.rmtree(folder.scratch, ignore_errors=True)
    for name in ("home", "tmp"):
        (folder.scratch / name).mkdir(parents=True)


def _end_when_stopped(folder: RunFolder) -> None:
    """End the run without a result at SIGTERM, which container platforms send to all processes.

    The next look starts it again, and this stop does not count as a failed launch.
    """

    def stop(_number: int, _frame: object) -> None:
        folder.count_stop()
        processes.end_descendants()
        os._exit(STOPPED)

    signal.signal(signal.SIGTERM, stop)


def main(path: str, lock: str) -> int:
    os.set_inheritable(int(lock), False)  # noqa: FBT003 (the function's own signature)
    _end_when_stopped(RunFolder(Path(path)))
    try:
        whispered = msgspec.json.decode(sys.stdin.buffer.read(), type=Whispered)
    except msgspec.DecodeError:  # whoever started us is gone; the next look starts another one
        return 1
    processes.adopt_orphans()
    folder = RunFolder(Path(path))
    pid = os.getpid()
    folder.keep_owner(Owner(pid=pid, started=psutil.Process(pid).create_time()))
    _prepare(folder)
    with RunLog(folder.log, whispered.secrets) as log:
        result = Supervisor(folder, whispered, log).result()
    if result.state is RunState.FAILED and not folder.is_cancelled():
        time.sleep(SPREAD_S)
    clean = scrub(result.reason, whispered.secrets)
    folder.keep_result(msgspec.structs.replace(result, reason=clean))
    shutil.rmtree(folder.scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
