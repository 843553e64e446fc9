"""The processes of a keeper and of uv: how they are limited and ended, with all their children."""

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
        os.umask(0o022)  # what uv installs is read by the user that a model's code runs as
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE_BYTES, LARGEST_FILE_BYTES))
        if control is not None:
            control.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            Path("/proc/self/oom_score_adj").write_text(FIRST_TO_END, "ascii")

    return apply


def end_session(leader: int) -> None:
    """Kill a session with all that its leader has started, again and again: it may still fork."""
    for _ in range(SWEEPS):
        found = _of_session(leader)
        if not found:
            return
        _kill(found)


def is_alive(pid: int, started: float) -> bool:
    try:
        process = psutil.Process(pid)
        is_same = abs(process.create_time() - started) < CLOCK_SLACK_S
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def kill(pid: int, started: float, number: int = signal.SIGKILL) -> None:
    if is_alive(pid, started):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _of_session(leader: int) -> list[psutil.Process]:
    found = psutil.Process().children(recursive=True)
    return [one for one in found if _is_running(one) and _session(one) == leader]


def _session(process: psutil.Process) -> int:
    try:
        return os.getsid(process.pid)
    except OSError:
        return 0


def _is_running(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _kill(processes: Iterable[psutil.Process]) -> None:
    ours = list(processes)
    for process in ours:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(ours, timeout=WAIT_S)
