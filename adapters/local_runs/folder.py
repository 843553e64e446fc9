"""The folder of one run: who owns it, how far it is, what came out. Files are whole or absent."""

import fcntl
import os
import re
import time
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from core.ports.ml_platform import RunLook, RunState

CANCELLED: Final = "cancelled"
FOLDER: Final = re.compile(r"[0-9a-f]{32}")

T = TypeVar("T")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor has to do; ``request`` goes on to the process in the environment."""

    run: str
    uv: str
    python: str
    tracking_uri: str
    environments: str
    requirements: tuple[str, ...]
    time_limit_s: float
    memory_limit_mb: int
    request: dict[str, object]


class Whispered(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor is told through its standard input, so that no file or command has it."""

    index_env: dict[str, str] = {}
    secrets: tuple[str, ...] = ()


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The supervisor's process: a pid alone may be somebody else's by now."""

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
        """Carried by its processes. Another home may have a run of the same id."""
        return str(self.path.resolve())

    @property
    def run(self) -> str:
        return self.path.name

    def claim(self) -> int | None:
        """The lock's descriptor, None when somebody has it; the kernel frees it with its owner."""
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
        """How often a supervisor was started for this run, this time included."""
        with (self.path / "launches").open("a+b") as marks:
            marks.write(b".")
            return marks.tell()

    def count_stop(self) -> None:
        """Our own end has ended the supervisor: that says nothing about the run."""
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
