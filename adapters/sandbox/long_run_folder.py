"""The folder of one long run: who has it, what is known about it, and what became of it."""

import fcntl
import os
import threading
from pathlib import Path
from typing import Final

import msgspec

from adapters.sandbox.conversation import KILLED, WARDEN_GONE
from adapters.sandbox.folder import A_FOLDER, SandboxFolder
from adapters.sandbox.warden.long_run import CANCELLED, INTERRUPTED, LOG, OWNER, RESULT
from adapters.sandbox.warden.order import WardenVerdict, verdict_from
from core.gate.tools import Level, Stopped
from core.ports.sandbox import LongState

ABOUT: Final = "about.json"
LOST: Final = LongState.LOST.value
VERDICTS: Final = frozenset({*Stopped, CANCELLED, INTERRUPTED, LOST})

NOBODY_SAW: Final = "nothing of it runs, and nobody saw its end: {gone}, or the machine restarted"
UNREADABLE: Final = "what was kept about it cannot be read"


class AboutLongRun(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept about a long run for whoever comes later; its order is not, it may be secret."""

    key: str = ""
    level: Level = Level.LIMITS
    groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class LongRunFolder(SandboxFolder):
    """The folder of one long run, with what its warden keeps there."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.log = path / LOG

    def about(self) -> AboutLongRun:
        """Raise FileNotFoundError when there is no such run, or no longer."""
        try:
            return msgspec.json.decode((self.path / ABOUT).read_bytes(), type=AboutLongRun)
        except FileNotFoundError:
            if not self.path.is_dir():
                raise
        except msgspec.MsgspecError:
            pass
        return AboutLongRun(notes=(UNREADABLE,))  # without walls, code may write there

    def keep_about(self, about: AboutLongRun) -> None:
        self._keep(ABOUT, msgspec.json.encode(about))

    def claim(self) -> int | None:
        """The lock's descriptor; None when somebody has it, or the folder is gone."""
        try:
            lock = os.open(self.path, A_FOLDER)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock), self.path.stat()):
                return lock
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(lock)
        return None

    def owner(self) -> tuple[int, int, float] | None:
        """The warden: its process, when that was started in ticks, and the same by the clock."""
        try:
            pid, started, began = (self.path / OWNER).read_text("ascii").split()
            return int(pid), int(started), float(began)
        except (FileNotFoundError, ValueError):
            return None

    def verdict(self) -> WardenVerdict | None:
        """What became of it; None while nobody has said. Code without walls may have written it."""
        try:
            verdict = verdict_from((self.path / RESULT).read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            return lost()
        return verdict if verdict.stopped in VERDICTS else lost()

    def keep_verdict(self, verdict: WardenVerdict) -> None:
        self._keep(RESULT, verdict.encode())

    def _keep(self, name: str, data: bytes) -> None:
        draft = self.path / f"{name}.{os.getpid()}.{threading.get_ident()}.draft"
        draft.write_bytes(data)
        draft.replace(self.path / name)


def lost() -> WardenVerdict:
    return WardenVerdict(KILLED, 0, LOST, NOBODY_SAW.format(gone=WARDEN_GONE))
