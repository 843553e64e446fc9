"""Locks a home per role: a second process would take the first one's messages and leases."""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path

from core.errors import SettingsError

TAKEN = "Another Sluss runs on {home}. Nothing was done; end it first, or give another --home."


class Role(StrEnum):
    """What a process does: take deliveries and clicks, work off the queues, or both."""

    GATEWAY = "gateway"
    WORKER = "worker"
    ALL = "all"

    @property
    def parts(self) -> tuple["Role", ...]:
        return (Role.GATEWAY, Role.WORKER) if self is Role.ALL else (self,)


@contextmanager
def one_process(home: Path, role: Role = Role.ALL) -> Iterator[None]:
    """Hold the locks of a role. They end with the process, however it ends."""
    with ExitStack() as files:
        for part in role.parts:
            file = files.enter_context((home / f"{part}.lock").open("a"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SettingsError(TAKEN.format(home=home)) from None
        yield
