"""The folder of one long run: its lock, its owner, its description, and its verdict."""

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
from core.errors import DECODE_ERRORS
from core.gate.tools import Level, Stopped
from core.ports.sandbox import LongState

ABOUT: Final = "about.json"
LOST: Final = LongState.LOST.value
VERDICTS: Final = frozenset({*Stopped, CANCELLED, INTERRUPTED, LOST})

NOBODY_SAW: Final = "nothing of it runs, and nobody saw its end: {gone}, or the machine restarted"
UNREADABLE: Final = "what was kept about it cannot be read"


class AboutLongRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a later process may know of a long run; its order is not kept, as it may be secret."""

    key: str = ""
    level: Level = Level.LIMITS
    groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class LongRunFolder(SandboxFolder):
    """The folder of one long run, with the files that its warden writes there."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.log = path / LOG

    def about(self) -> AboutLongRun:
        """Read the description. Raise FileNotFoundError when the run's folder is not there."""
        try:
            return msgspec.json.decode((self.path / ABOUT).read_bytes(), type=AboutLongRun)
        except FileNotFoundError:
            if not self.path.is_dir():
                raise
        except DECODE_ERRORS:
            pass
        return AboutLongRun(notes=(UNREADABLE,))  # without walls, code may write there

    def keep_about(self, about: AboutLongRun) -> None:
        self._keep(ABOUT, msgspec.json.encode(about))

    def claim(self) -> int | None:
        """Take the lock and return its descriptor; None when it is held, or the folder is gone."""
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
        """Return the warden's pid, its start in ticks since the boot, and in seconds since 1970."""
        try:
            pid, started, began = (self.path / OWNER).read_text("ascii").split()
            return int(pid), int(started), float(began)
        except (FileNotFoundError, ValueError):
            return None

    def verdict(self) -> WardenVerdict | None:
        """Return how it ended, None while nothing is written.

        An unreadable verdict counts as a lost run: without walls, code may have written it.
        """
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
