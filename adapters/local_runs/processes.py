"""The processes of a run: how they are limited, measured and ended, with all their children."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import psutil

MARK: Final = "SLUSS_RUN"  # in the environment of each process of a run
LARGEST_FILE_BYTES: Final = 4 * 1024**3
WAIT_S: Final = 5.0
SWEEPS: Final = 20
CLOCK_SLACK_S: Final = 2.0  # psutil derives a start time from the boot time, which can move
PR_SET_PDEATHSIG: Final = 1
PR_SET_CHILD_SUBREAPER: Final = 36
FIRST_TO_END: Final = "1000"  # when the whole machine runs out of memory


def adopt_orphans() -> None:
    """Make every descendant that loses its parent a child of ours, not of pid 1; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def limits() -> Callable[[], None]:
    """Return the function that a run's process calls between fork and exec.

    On Linux the process then dies with the supervisor. The address space has no limit: torch and
    the JVM reserve far more than they use.
    """
    control = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def apply() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE_BYTES, LARGEST_FILE_BYTES))
        if control is not None:
            control.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            Path("/proc/self/oom_score_adj").write_text(FIRST_TO_END, "ascii")

    return apply


def memory_mb() -> float:
    """Sum the resident memory of all descendants; a shared page counts for each of them."""
    total = 0
    for process in _descendants():
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total / 1024**2


def end_descendants() -> None:
    """Kill all descendants, again and again, since what is being killed may still fork."""
    for _ in range(SWEEPS):
        found = _descendants()
        if not found:
            return
        _kill(found)


def end_marked(mark: str) -> None:
    """Kill what a killed supervisor has left; only the mark tells, as the parent is gone."""
    _kill(process for process in psutil.process_iter() if _has_mark(process, mark))


def is_alive(pid: int, started: float) -> bool:
    try:
        process = psutil.Process(pid)
        is_same = abs(process.create_time() - started) < CLOCK_SLACK_S
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def kill(pid: int, started: float) -> None:
    if is_alive(pid, started):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _descendants() -> list[psutil.Process]:
    found = psutil.Process().children(recursive=True)
    return [process for process in found if _is_running(process)]


def _is_running(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _has_mark(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get(MARK) == mark
    except (psutil.Error, OSError):
        return False


def _kill(processes: Iterable[psutil.Process]) -> None:
    ours = list(processes)
    for process in ours:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(ours, timeout=WAIT_S)
