"""The processes below the warden: how they are found, measured and ended."""
# Importing pathlib takes longer than all that is done here.
# ruff: noqa: PTH110, PTH123, PTH208

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator

from adapters.sandbox.warden import kernel

PAGE = os.sysconf("SC_PAGE_SIZE")
WAIT_S = 5.0
PAUSE_S = 0.002
STATE, PARENT, TIMES, STARTED = 0, 1, slice(11, 15), 19  # of /proc/<pid>/stat, from the state on
TICKS = os.sysconf("SC_CLK_TCK")
HAS_CHILDREN = os.path.exists(f"/proc/self/task/{os.getpid()}/children")
ZOMBIE = b"Z"
DELETED, SENT = b" (deleted)", b"scm_fds:"


def descendants() -> dict[int, int]:
    """Return the pid of every running process below this one, with the number of its threads.

    Orphans are among them, as ``kernel.adopt_orphans`` makes them our children.
    """
    found, left = dict[int, int](), [os.getpid()]
    children_of = _told_children if HAS_CHILDREN else _all_children()
    while left:
        for child in children_of(left.pop()):
            if child not in found:
                threads = _running_threads(child)
                if threads:
                    found[child] = threads
                    left.append(child)
    return found


def _told_children(pid: int) -> Iterator[int]:
    """Read the kernel's list of each thread: looking at all processes takes far longer."""
    for thread in _threads(pid):
        with contextlib.suppress(OSError):
            yield from map(int, _read(f"{pid}/task/{thread}", "children").split())


def _all_children() -> Callable[[int], list[int]]:
    """Look at all processes once, for kernels that are built without the list of children."""
    parents = dict[int, list[int]]()
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError, ValueError):
                parents.setdefault(int(_stat(name)[PARENT]), []).append(int(name))
    return lambda pid: parents.get(pid, [])


def _running_threads(pid: int) -> int:
    """Count the threads, 0 when the process has ended; it may outlive its first thread."""
    threads = _threads(pid)
    with contextlib.suppress(OSError, IndexError):
        return 0 if len(threads) == 1 and _stat(pid)[STATE] == ZOMBIE else len(threads)
    return 0


def _threads(pid: int) -> list[str]:
    return _names(f"/proc/{pid}/task")


def _names(folder: str) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(folder)
    return []


def _lines(pid: int | str, name: str) -> list[bytes]:
    with contextlib.suppress(OSError):
        return _read(pid, name).splitlines()
    return []


def _stat(pid: int | str) -> list[bytes]:
    """Return the fields from the state on: the name before it may hold spaces and brackets."""
    return _read(pid, "stat").rpartition(b")")[2].split()


def _read(pid: int | str, name: str) -> bytes:
    with open(f"/proc/{pid}/{name}", "rb", buffering=0) as file:
        return file.readall()


def started(pid: int) -> int:
    """Return its start in ticks since the boot; a pid that was given again has another one."""
    return int(_stat(pid)[STARTED])


def cpu_s(pids: Iterable[int]) -> float:
    """Sum the processor time of these, and of all below this process that have ended."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError):
            ticks += sum(map(int, _stat(pid)[TIMES]))
    ended = os.times()
    return ticks / TICKS + ended.children_user + ended.children_system


def memory_bytes(pids: Iterable[int], limit: int) -> int:
    """Sum their memory; only above ``limit`` are shared pages counted once, as that is slow."""
    pids = list(pids)
    resident = sum(_resident(pid) for pid in pids)
    return resident if resident <= limit else sum(_proportional(pid) for pid in pids)


def _resident(pid: int) -> int:
    """Read the resident bytes; a first thread that has ended says 0, so the others are asked."""
    for place in (str(pid), *(f"{pid}/task/{thread}" for thread in _threads(pid))):
        with contextlib.suppress(OSError, ValueError, IndexError):
            held = int(_read(place, "statm").split()[1])
            if held:
                return held * PAGE
    return 0


def _proportional(pid: int) -> int:
    """Read the bytes with shared pages divided, or all resident ones if it forbids that."""
    with contextlib.suppress(OSError, ValueError):
        for line in _read(pid, "smaps_rollup").splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return _resident(pid)


def unlinked_bytes(pids: Iterable[int]) -> int:
    """Sum the bytes of their open files without a name, which no folder shows."""
    sizes = dict[tuple[int, int], int]()
    for thread in _threads_of(pids):
        with contextlib.suppress(OSError):
            for descriptor in os.scandir(f"/proc/{thread}/fd"):
                with contextlib.suppress(OSError):
                    about = descriptor.stat()
                    if about.st_nlink == 0:
                        sizes[about.st_dev, about.st_ino] = about.st_blocks * 512
    return sum(sizes.values())


def has_files_out_of_sight(pids: Iterable[int], device: int) -> bool:
    """Tell whether they hold files of the device that nobody can measure from outside.

    Those have no name, and are only mapped, or on their way from one end of a socket to the other.
    """
    pids = list(pids)
    place = f" {os.major(device):02x}:{os.minor(device):02x} ".encode()
    mapped = (line for pid in pids for line in _lines(pid, "maps") if line.endswith(DELETED))
    return any(place in line for line in mapped) or any(
        line.startswith(SENT) and line.split()[1] != b"0"
        for thread in _threads_of(pids)
        for descriptor in _names(f"/proc/{thread}/fdinfo")
        for line in _lines(thread, f"fdinfo/{descriptor}")
    )


def _threads_of(pids: Iterable[int]) -> Iterator[str]:
    """Name all threads in /proc: each may have descriptors of its own."""
    return (f"{pid}/task/{thread}" for pid in pids for thread in _threads(pid))


def end_all(first: int) -> None:
    """Kill until nothing is left, for WAIT_S at most: what is being killed may still fork."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(first, kernel.KILL)  # at once, whatever it forks
    until = time.monotonic() + WAIT_S
    while _has_children() and time.monotonic() < until:
        for pid in descendants():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, kernel.KILL)
        time.sleep(PAUSE_S)


def _has_children() -> bool:
    """Reap the children that have ended, and tell whether any is left."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return False
    return True
