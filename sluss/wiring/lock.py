"""Locks a home per role: a second process would take the first one's messages and leases."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Final

from core.errors import SettingsError

TAKEN = "Another Sluss runs on {home}. Nothing was done; end it first, or give another --home."

LOOKED_AT_S: Final = 0.05  # for a moment somebody may look whether the role is taken
CLOSED = (
    "The home {home} cannot be used ({why}). Nothing was done; give a folder of your own with "
    "--home or SLUSS_HOME."
)


class Role(StrEnum):
    """What a process does: take deliveries and clicks, work off the queues, or both."""

    GATEWAY = "gateway"
    WORKER = "worker"
    ALL = "all"

    @property
    def parts(self) -> tuple["Role", ...]:
        return PARTS if self is Role.ALL else (self,)


PARTS: Final = (Role.GATEWAY, Role.WORKER)


def _opened(home: Path, part: str) -> IO[str]:
    try:
        return (home / f"{part}.lock").open("a")
    except OSError as error:
        raise SettingsError(CLOSED.format(home=home, why=error.strerror)) from None


@contextmanager
def one_process(home: Path, role: Role = Role.ALL) -> Iterator[None]:
    """Hold the locks of a role. They end with the process, however it ends."""
    with ExitStack() as files:
        for part in role.parts:
            file = files.enter_context(_opened(home, part))
            if not _taken(file, fcntl.LOCK_EX):
                time.sleep(LOOKED_AT_S)
                if not _taken(file, fcntl.LOCK_EX):
                    raise SettingsError(TAKEN.format(home=home))
        yield


def is_held(home: Path, part: Role) -> bool:
    """Tell whether a process has this role on the home, by its lock: that ends however it ends."""
    try:
        with (home / f"{part}.lock").open() as file:
            return not _taken(file, fcntl.LOCK_SH)
    except OSError:
        return False


def _taken(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
