"""The control group of one run, by which the kernel itself limits its memory and its processes.

Not every machine lets us make one; ``adapters/sandbox/control_groups.py`` finds that out. In
version 2 a group is one folder, in version 1 there is one for each controller.
https://docs.kernel.org/admin-guide/cgroup-v2.html
"""
# Importing pathlib takes longer than all that is done here.
# ruff: noqa: PTH102, PTH106, PTH110, PTH123

import contextlib
import os
import time
from errno import ENOENT

from adapters.sandbox.warden import kernel

MB = 1024 * 1024
MEMBERS = "cgroup.procs"
KILL_ALL = "cgroup.kill"  # version 2, Linux 5.14
MEMORY_LIMITS = ("memory.max", "memory.limit_in_bytes")
SWAP_LIMIT = "memory.swap.max"
SWAP_LIMIT_OF_1 = "memory.memsw.limit_in_bytes"  # of memory and swap together
TASKS_LIMIT = "pids.max"
ALL_OR_NOTHING = "memory.oom.group"
MEMORY_EVENTS = ("memory.events", "memory.oom_control")
TASKS_EVENTS = ("pids.events",)
ENDED = b"oom_kill"
REFUSED = b"max"
WAIT_S = 2.0
PAUSE_S = 0.002


class ControlGroup:
    """The kernel's own limits for the processes of one run.

    ``folders`` are made by ``make``, and their parents must exist; without any, every method does
    nothing. ``tasks`` limits the threads of all processes.
    """

    def __init__(self, folders: list[str], *, memory_mb: int, tasks: int) -> None:
        self.folders = folders
        self._memory = memory_mb * MB
        self.tasks = tasks

    def make(self) -> None:
        """Make the group with its limits. Raise OSError, and leave nothing, where that fails."""
        try:
            for folder in self.folders:
                os.mkdir(folder)
            if self.folders:
                self._limit()
        except OSError:
            self.end()
            raise

    def join(self, pid: int) -> None:
        """Put a process into the group; all that it starts later is in it, too."""
        for folder in self.folders:
            _write(f"{folder}/{MEMBERS}", str(pid).encode())

    def is_out_of_memory(self) -> bool:
        """Tell whether the kernel has killed a process of it for its memory."""
        return self._has_counted(MEMORY_EVENTS, ENDED)

    def is_out_of_tasks(self) -> bool:
        """Tell whether the kernel has refused it a process or a thread."""
        return self._has_counted(TASKS_EVENTS, REFUSED)

    def _has_counted(self, names: tuple[str, ...], what: bytes) -> bool:
        """Tell whether a count is not 0; each line of these files is a word and a number."""
        for folder in self.folders:
            for name in names:
                with contextlib.suppress(OSError):
                    for line in _read(f"{folder}/{name}").splitlines():
                        word, _, count = line.partition(b" ")
                        if word == what and count != b"0":
                            return True
        return False

    def end(self) -> None:
        """Kill every process in the group and remove it, within WAIT_S."""
        until = time.monotonic() + WAIT_S
        left = [folder for folder in self.folders if not _remove(folder)]
        while left and time.monotonic() < until:
            for folder in left:
                _kill_all(folder)
            time.sleep(PAUSE_S)
            left = [folder for folder in left if not _remove(folder)]

    def _limit(self) -> None:
        if not (self._write(TASKS_LIMIT, self.tasks) and self._write_memory()):
            raise FileNotFoundError(ENOENT, "no limits are offered", self.folders[0])
        self._write(SWAP_LIMIT, 0)
        self._write(SWAP_LIMIT_OF_1, self._memory)
        self._write(ALL_OR_NOTHING, 1)

    def _write_memory(self) -> bool:
        return any(self._write(name, self._memory) for name in MEMORY_LIMITS)

    def _write(self, name: str, value: int) -> bool:
        """Write the value, and tell whether any folder has such a file."""
        found = [folder for folder in self.folders if os.path.exists(f"{folder}/{name}")]
        for folder in found:
            _write(f"{folder}/{name}", str(value).encode())
        return bool(found)


def _kill_all(folder: str) -> None:
    with contextlib.suppress(OSError):
        _write(f"{folder}/{KILL_ALL}", b"1")
        return
    with contextlib.suppress(OSError):
        for pid in _read(f"{folder}/{MEMBERS}").split():
            with contextlib.suppress(OSError):
                os.kill(int(pid), kernel.KILL)


def _remove(folder: str) -> bool:
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:  # a process is in it
        return False
    return True


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def _write(path: str, data: bytes) -> None:
    """Write to a file that exists; unlike ``open`` it makes none where the kernel offers none."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)
