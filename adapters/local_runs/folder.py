"""The folder of one run: code and order go in; owner, progress and result are kept there.

Each of its files is whole or absent, and so is the folder with what was laid into it.
"""

import fcntl
import os
import re
import shutil
import tempfile
import time
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from adapters.local_runs.requirements import requirements
from core.errors import StepFailedError
from core.gate.checks import ModelRepo
from core.gate.dataset_template import DatasetTemplate, parse
from core.gate.tools import Level
from core.ports.ml_platform import RunLook, RunSpec, RunState
from core.words import ModelType, Step

CANCELLED: Final = "cancelled"
FOLDER: Final = re.compile(r"[0-9a-f]{32}")

T = TypeVar("T")
READABLE: Final = 0o644
ENTERABLE: Final = 0o755
NOT_WRITTEN: Final = (
    "{name!r} cannot be a file here ({why}). Nothing was run; rename it and push again, or retry."
)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the keeper has to do; ``request`` goes on to the harness. No password is in it.

    ``weakest`` is the weakest sandbox in which the model's code may run.
    """

    run: str
    uv: str
    python: str
    environments: str
    weakest: Level = Level.NAMESPACES
    hosts: tuple[str, ...] = ()
    requirements: tuple[str, ...]
    time_limit_s: float
    memory_limit_mb: int
    request: dict[str, Any]

    @property
    def is_rulebased(self) -> bool:
        return bool(self.request["model_type"] == ModelType.RULEBASED)

    @property
    def logs(self) -> bool:
        """Whether this step makes the model; a rule-based one is logged when it first scores."""
        step = self.request["step"]
        return bool(step == Step.TRAIN or (step == Step.SCORE and self.is_rulebased))


class Whispered(msgspec.Struct, frozen=True, kw_only=True):
    """What a keeper gets on standard input: no file or command line has these secrets.

    ``tracking_uri`` may hold a password. ``level`` is the sandbox that the keeper's parent found.
    """

    index_env: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    tracking_uri: str = ""
    level: Level = Level.LIMITS


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The keeper's pid, and its start in seconds since 1970: a pid alone may be used again."""

    pid: int
    started: float


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the log of a model's process, which ``key`` names, was taken over."""

    key: str
    offset: int


class RunFolder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.code = path / "code"
        self.scratch = path / "scratch"
        self.artifact = self.scratch / "artifact"
        self.way = path / "way"
        self.log = path / "log"
        self.keeper_log = path / "keeper.log"

    @property
    def run(self) -> str:
        return self.path.name

    @property
    def home(self) -> Path:
        return self.path.parents[1]

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
        """Return how often a keeper was started for this run, this time included."""
        return self._count("launches")

    def count_stop(self) -> None:
        """Note that the keeper was stopped from outside, which is no failure of the run."""
        self._count("stops")

    def stops(self) -> int:
        return self._counted("stops")

    def count_broken_off(self) -> int:
        """Return how often its model's process was ended from outside, this time included."""
        return self._count("broken_off")

    def model_key(self, times: int | None = None) -> str:
        """Return the key of its model's process, which is another one after each that broke off."""
        times = self._counted("broken_off") if times is None else times
        return f"run/{self.run}/{times}"

    def model_keys(self) -> list[str]:
        return [self.model_key(times) for times in range(self._counted("broken_off") + 1)]

    def age_s(self) -> float:
        order = self.path / "order.json"
        return max(0.0, time.time() - order.stat().st_mtime) if order.exists() else 0.0

    def ask_to_cancel(self) -> None:
        (self.path / "cancelled").touch()

    def is_cancelled(self) -> bool:
        return (self.path / "cancelled").exists()

    def heard(self, key: str) -> int:
        """Return how much of what its model's process has said is in the log already."""
        heard = self._read("heard.json", Heard)
        return heard.offset if heard and heard.key == key else 0

    def keep_heard(self, key: str, offset: int) -> None:
        self._write("heard.json", Heard(key=key, offset=offset), is_safe=False)

    def _count(self, name: str) -> int:
        with (self.path / name).open("a+b") as marks:
            marks.write(b".")
            return marks.tell()

    def _counted(self, name: str) -> int:
        path = self.path / name
        return path.stat().st_size if path.exists() else 0

    def _read(self, name: str, kind: type[T]) -> T | None:
        try:
            return msgspec.json.decode((self.path / name).read_bytes(), type=kind)
        except FileNotFoundError:
            return None

    def _write(self, name: str, content: msgspec.Struct, *, is_safe: bool = True) -> None:
        """Write a file that is whole or absent; one that ``is_safe`` also after a power cut."""
        draft = self.path / f"{name}.{os.getpid()}.draft"
        with draft.open("wb") as output:
            output.write(msgspec.json.encode(content))
            output.flush()
            if is_safe:
                os.fsync(output.fileno())
        draft.replace(self.path / name)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all runs of this machine: paths, and the memory limit."""

    home: Path
    uv: str
    python: str
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
    draft.keep_order(order)


def _order(run: str, spec: RunSpec, place: Place) -> Order:
    return Order(
        run=run,
        uv=place.uv,
        python=place.python,
        environments=str(place.home / "environments"),
        weakest=spec.weakest,
        hosts=spec.hosts,
        requirements=requirements(*spec.environment, spec.hosts),
        time_limit_s=spec.time_limit_s,
        memory_limit_mb=min(spec.memory_limit_mb, place.memory_limit_mb),
        request=_request(run, spec, place, parse(spec.dataset)),
    )


def _request(run: str, spec: RunSpec, place: Place, dataset: DatasetTemplate) -> dict[str, object]:
    stage = place.home / "stages" / spec.stage / quote(spec.model, safe="").replace("..", "%2e%2e")
    return {
        "id": run,
        "step": spec.step,
        "model": spec.model,
        "model_type": spec.model_type,
        "version": spec.version,
        "run": spec.tracking_run,
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
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except OSError as error:  # git keeps names that no file system has
            told = NOT_WRITTEN.format(name=name[:200], why=error.strerror)
            raise StepFailedError(told) from error
    let_read(to)


def let_read(folder: Path) -> None:
    """Let any user read it: a model's process has a user of its own, and sees it by a mount."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(ENTERABLE if path.is_dir() else READABLE)
