"""The folder of one run: code, harness and order go in; owner, progress and result are kept there.

Each of its files is whole or absent, and so is the folder with what was laid into it.
"""

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from adapters.local_runs.requirements import requirements
from core.errors import StepFailedError
from core.gate.checks import ModelRepo
from core.gate.dataset_template import DatasetTemplate, parse
from core.ports.ml_platform import RunLook, RunSpec, RunState

CANCELLED: Final = "cancelled"
FOLDER: Final = re.compile(r"[0-9a-f]{32}")

T = TypeVar("T")
ADAPTERS: Final = Path(__file__).parents[1]
HARNESS: Final = "sluss_harness"
CARRIED: Final = (
    *(ADAPTERS / "local_runs" / "harness").glob("*.py"),
    ADAPTERS / "artifact_digest" / "digest.py",
)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor has to do; ``request`` goes on to the harness in the environment."""

    run: str
    uv: str
    python: str
    tracking_uri: str
    environments: str
    hosts: tuple[str, ...] = ()
    requirements: tuple[str, ...]
    time_limit_s: float
    memory_limit_mb: int
    request: dict[str, object]


class Whispered(msgspec.Struct, frozen=True, kw_only=True):
    """The secrets that a supervisor gets on standard input: no file or command line has them."""

    index_env: dict[str, str] = {}
    secrets: tuple[str, ...] = ()


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The supervisor's pid, and its start in seconds since 1970: a pid alone may be used again."""

    pid: int
    started: float


class RunFolder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.code = path / "code"
        self.harness = path / "harness"
        self.scratch = path / "scratch"
        self.log = path / "log"
        self.supervisor_log = path / "supervisor.log"

    @property
    def mark(self) -> str:
        """Return its path, which marks its processes: another home may have a run of its id."""
        return str(self.path.resolve())

    @property
    def run(self) -> str:
        return self.path.name

    def claim(self) -> int | None:
        """Take the lock and return its descriptor; None when another process has it.

        The kernel frees it when its owner ends.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def order(self) -> Order:
        return msgspec.json.decode((self.path / "order.json").read_bytes(), type=Order)

    def result(self) -> RunLook | None:
        return self._read("result.json", RunLook)

    def owner(self) -> Owner | None:
        return self._read("owner.json", Owner)

    def progress(self) -> RunLook:
        return self._read("progress.json", RunLook) or RunLook(state=RunState.PREPARING)

    def keep_order(self, order: Order) -> None:
        self._write("order.json", order)

    def keep_owner(self, owner: Owner) -> None:
        self._write("owner.json", owner)

    def keep_result(self, result: RunLook) -> None:
        self._write("result.json", result)

    def tell(self, state: RunState, note: str) -> None:
        self._write("progress.json", RunLook(state=state, note=note))

    def count_launch(self) -> int:
        """Return how often a supervisor was started for this run, this time included."""
        with (self.path / "launches").open("a+b") as marks:
            marks.write(b".")
            return marks.tell()

    def count_stop(self) -> None:
        """Note that the supervisor was stopped from outside, which is no failure of the run."""
        with (self.path / "stops").open("ab") as marks:
            marks.write(b".")

    def stops(self) -> int:
        path = self.path / "stops"
        return path.stat().st_size if path.exists() else 0

    def age_s(self) -> float:
        order = self.path / "order.json"
        return max(0.0, time.time() - order.stat().st_mtime) if order.exists() else 0.0

    def ask_to_cancel(self) -> None:
        (self.path / "cancelled").touch()

    def is_cancelled(self) -> bool:
        return (self.path / "cancelled").exists()

    def _read(self, name: str, kind: type[T]) -> T | None:
        try:
            return msgspec.json.decode((self.path / name).read_bytes(), type=kind)
        except FileNotFoundError:
            return None

    def _write(self, name: str, content: msgspec.Struct) -> None:
        draft = self.path / f"{name}.{os.getpid()}.draft"
        with draft.open("wb") as output:
            output.write(msgspec.json.encode(content))
            output.flush()
            os.fsync(output.fileno())
        draft.replace(self.path / name)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all runs of this machine: paths, tracking server and memory limit."""

    home: Path
    uv: str
    python: str
    tracking_uri: str
    memory_limit_mb: int


def lay_out(folder: RunFolder, spec: RunSpec, place: Place) -> None:
    """Make the folder beside its place, then rename it: of two that race, one is kept."""
    folder.path.parent.mkdir(parents=True, exist_ok=True)
    draft = RunFolder(Path(tempfile.mkdtemp(prefix=f".{folder.run}.", dir=folder.path.parent)))
    try:
        _fill(draft, folder.run, spec, place)
        draft.path.rename(folder.path)
    except OSError:
        if not folder.path.is_dir():
            raise
    finally:
        shutil.rmtree(draft.path, ignore_errors=True)


def _fill(draft: RunFolder, run: str, spec: RunSpec, place: Place) -> None:
    """Fill the folder; for an order that cannot be met, write a failed result with its reason."""
    try:
        order = _order(run, spec, place)
        _write_code(draft.code, spec.code)
    except StepFailedError as error:
        draft.keep_result(RunLook(state=RunState.FAILED, reason=str(error)))
        return
    _carry(CARRIED, draft.harness / HARNESS)
    draft.keep_order(order)


def _order(run: str, spec: RunSpec, place: Place) -> Order:
    return Order(
        run=run,
        uv=place.uv,
        python=place.python,
        tracking_uri=place.tracking_uri,
        environments=str(place.home / "environments"),
        hosts=spec.hosts,
        requirements=requirements(*spec.environment, spec.hosts),
        time_limit_s=spec.time_limit_s,
        memory_limit_mb=min(spec.memory_limit_mb, place.memory_limit_mb),
        request=_request(run, spec, place, parse(spec.dataset)),
    )


def _request(run: str, spec: RunSpec, place: Place, dataset: DatasetTemplate) -> dict[str, object]:
    folder = RunFolder(place.home / "runs" / run)
    stage = place.home / "stages" / spec.stage / quote(spec.model, safe="").replace("..", "%2e%2e")
    return {
        "id": run,
        "step": spec.step,
        "model": spec.model,
        "model_type": spec.model_type,
        "version": spec.version,
        "run": spec.tracking_run,
        "code": str(folder.code),
        "source_path": spec.source_path,
        "files": sorted(spec.code.files),
        "links": sorted(spec.code.links),
        "tables": dataset.tables,
        "parameters": dataset.parameters,
        "stage_folder": str(stage),
    }


def _write_code(to: Path, repo: ModelRepo) -> None:
    """Write the files, and no links, as a link could lead out of the folder."""
    to.mkdir()
    for name, content in repo.files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\0" in name:
            raise StepFailedError(f"{name!r} leaves the repository. Nothing was run; rename it.")
        target = to / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _carry(files: Iterable[Path], to: Path) -> None:
    to.mkdir(parents=True)
    for file in files:
        shutil.copy(file, to / file.name)
