"""The processes below the warden: who they are, what they take, and how they are ended."""
# Importing pathlib takes longer than all that is done here.
# ruff: noqa: PTH123, PTH208

import contextlib
import os
import time
from collections.abc import Iterable, Iterator

from workers.warden import kernel

PAGE = os.sysconf("SC_PAGE_SIZE")
WAIT_S = 5.0
PAUSE_S = 0.002
STATE, PARENT, THREADS = 0, 1, 17  # of /proc/<pid>/stat, counted from the state
ZOMBIE = b"Z"


def descendants() -> dict[int, int]:
    """Every running process below this one, with the number of its threads.

    Orphans are among them: they are adopted.
    """
    running = dict(_running())
    found, ours = dict[int, int](), {os.getpid()}
    grows = True
    while grows:
        new = {
            pid: threads
            for pid, (parent, threads) in running.items()
            if parent in ours and pid not in ours
        }
        found |= new
        ours.update(new)
        grows = bool(new)
    return found


def _running() -> Iterator[tuple[int, tuple[int, int]]]:
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError, ValueError):
                # Behind its name, which may hold spaces and brackets.
                fields = _read(name, "stat").rpartition(b")")[2].split()
                if fields[STATE] != ZOMBIE:
                    yield int(name), (int(fields[PARENT]), int(fields[THREADS]))


def _read(pid: int | str, name: str) -> bytes:
    with open(f"/proc/{pid}/{name}", "rb", buffering=0) as file:
        return file.readall()


def memory_bytes(pids: Iterable[int], limit: int) -> int:
    """What they hold together. Pages that they share are counted once, if that may matter."""
    pids = list(pids)
    resident = sum(_resident(pid) for pid in pids)
    return resident if resident <= limit else sum(_proportional(pid) for pid in pids)


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(_read(pid, "statm").split()[1]) * PAGE
    return 0


def _proportional(pid: int) -> int:
    """A process may forbid that others look closer; then all that is resident is its own."""
    with contextlib.suppress(OSError, ValueError):
        for line in _read(pid, "smaps_rollup").splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return _resident(pid)


def unlinked_bytes(pids: Iterable[int]) -> int:
    """What they keep in open files that have no name: no folder shows it."""
    sizes = dict[tuple[int, int], int]()
    for pid in pids:
        with contextlib.suppress(OSError):
            for descriptor in os.scandir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    about = descriptor.stat()
                    if about.st_nlink == 0:
                        sizes[about.st_dev, about.st_ino] = about.st_blocks * 512
    return sum(sizes.values())


def end_all(first: int) -> None:
    """Until nothing is left, since what is being killed may still fork."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(first, kernel.KILL)  # at once, whatever it forks
    until = time.monotonic() + WAIT_S
    while _has_children() and time.monotonic() < until:
        for pid in descendants():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, kernel.KILL)
        time.sleep(PAUSE_S)


def _has_children() -> bool:
    """Reaps what has ended."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return False
    return True
