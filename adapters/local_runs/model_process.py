"""The process that runs a model's code: what it gets, and what its end means."""

import os
import shutil
import signal
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import cloudpickle  # type: ignore[import-untyped]
import msgspec

from adapters.local_runs import child_environment
from adapters.local_runs.folder import Order, RunFolder
from adapters.local_runs.harness.carried_model import PICKLE
from adapters.local_runs.harness.steps import PREDICTIONS
from core.errors import DECODE_ERRORS, StepFailedError
from core.gate.tools import MODEL_PYTHON, OUT, TOOL, Stopped
from core.ports.sandbox import LongLook, LongOrder, LongState

HERE: Final = Path(__file__).parent
HARNESS: Final = "sluss_harness"
CARRIED: Final = "carried"  # a folder at the end of sys.path, so that the model's own come first
REQUEST: Final = "request.json"
BOOT: Final = (
    "import sys; tool, out = sys.argv[1:]; sys.path.insert(0, tool); "
    f"sys.path.append(f'{{tool}}/{CARRIED}'); "
    f"from {HARNESS}.main import main; main(f'{{tool}}/{REQUEST}', out)"
)
LARGEST_ANSWER: Final = 1 << 20
MOST_METRICS: Final = 1000
MOST_ROWS: Final = 2**53 - 1  # what JSON holds for everybody who reads it
LONGEST_REASON: Final = 2000
DISK_MB: Final = 4096
LOG_MB: Final = 200  # of which the run's log keeps the first ones
BLOCK: Final = 1 << 20

TOO_LONG: Final = (
    "The step took longer than {limit:.0f} s and was ended. Make it faster or give it less data, "
    "then push again."
)
TOO_LARGE: Final = (
    "The step used more than {limit} MB of memory and was ended. Give it less data at a time, "
    "then push again."
)
TOO_MUCH: Final = "The step was ended, as it {note}. Mend that and push again."
BY_SIGNAL: Final = (
    "The step's process was ended by {name}: a crash in a library, or the machine ran out of "
    "memory. Its log has what it said last; mend it or retry."
)
BY_ITSELF: Final = (
    "The step's process ended itself with code {code} before the step was done. Take the exit out "
    "of the code and push again."
)
NO_FILE: Final = "The step left no plain file {name} behind. Nothing was kept; retry it."


class StepAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the harness says, in the hand of the model's process: nothing of it is believed more."""

    reason: str = ""
    rows: Annotated[int, msgspec.Meta(ge=0, le=MOST_ROWS)] = 0
    metrics: dict[str, float] = {}


def order_for(
    order: Order, folder: RunFolder, python: Path, request: Mapping[str, object], way: str
) -> LongOrder:
    """Ask for the process: the code and the artifact read-only, no secret, and one way at most."""
    artifact = (str(folder.artifact),) if request["artifact"] else ()
    return LongOrder(
        argv=(MODEL_PYTHON, "-I", "-u", "-c", BOOT, TOOL, OUT),
        env=child_environment.of_step(str(request["run"]), has_way=bool(way)),
        tools={**_harness(), **_carried(), REQUEST: msgspec.json.encode(request)},
        reads=(str(folder.code), *artifact),
        model_python=str(python),
        way=way,
        gives_way=False,
        seconds=order.time_limit_s,
        memory_mb=order.memory_limit_mb,
        disk_mb=DISK_MB,
        log_mb=LOG_MB,
    )


def _harness() -> dict[str, bytes]:
    files = (HERE / "harness").glob("*.py")
    return {f"{HARNESS}/{file.name}": file.read_bytes() for file in files}


def _carried() -> dict[str, bytes]:
    root = Path(cloudpickle.__file__).parent
    return {f"{CARRIED}/{root.name}/{file.name}": file.read_bytes() for file in root.glob("*.py")}


def judge(look: LongLook, answer: bytes | None, order: Order) -> StepAnswer:
    """Say what the end of the process means. Raise StepFailedError when the step is not done."""
    if look.state is LongState.LIMITED:
        raise StepFailedError(_limited(look, order))
    found = _decoded(answer)
    if found is not None and found.reason:
        raise StepFailedError(found.reason[:LONGEST_REASON])
    if found is None or look.code != 0:
        raise StepFailedError(_unfinished(look.code))
    return found


def _limited(look: LongLook, order: Order) -> str:
    if look.stopped is Stopped.TIME:
        return TOO_LONG.format(limit=order.time_limit_s)
    if look.stopped is Stopped.MEMORY:
        return TOO_LARGE.format(limit=order.memory_limit_mb)
    return TOO_MUCH.format(note=look.note)


def _decoded(answer: bytes | None) -> StepAnswer | None:
    """Read the answer; None for nothing, half of it, or something that the model wrote."""
    if answer is None or len(answer) > LARGEST_ANSWER:
        return None
    try:
        found = msgspec.json.decode(answer, type=StepAnswer)
    except DECODE_ERRORS:
        return None
    return found if len(found.metrics) <= MOST_METRICS else None


def _unfinished(code: int) -> str:
    if code >= 0:
        return BY_ITSELF.format(code=code)
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return BY_SIGNAL.format(name=name)


def take_file(out: str, name: str, to: Path) -> None:
    """Copy a plain file of the out folder. No link is followed, as the folder is hostile.

    Raise StepFailedError when there is none.
    """
    assert name in {PICKLE, PREDICTIONS}
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        source = open(  # noqa: SIM115 (closed below)
            f"{out}/{name}", "rb", opener=lambda path, _: os.open(path, flags)
        )
    except OSError:
        raise StepFailedError(NO_FILE.format(name=name)) from None
    with source:
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            raise StepFailedError(NO_FILE.format(name=name))
        with to.open("wb") as target:
            shutil.copyfileobj(source, target, BLOCK)
