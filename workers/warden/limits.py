"""What the kernel holds a process to, whatever watches it: set between fork and exec."""

import contextlib
import ctypes
import os
import resource
import signal
from pathlib import Path
from typing import Final

from workers.warden.order import Order

MB: Final = 1024 * 1024
OPEN_FILES: Final = 1024
CPU_GRACE_S: Final = 5
MEMORY_SLACK: Final = 4  # one process between two looks of the watch
NICE: Final = 5  # the warden and the worker come first
FIRST_TO_END: Final = "1000"  # when the whole machine runs out of memory

PR_SET_PDEATHSIG: Final = 1
PR_SET_CHILD_SUBREAPER: Final = 36
PR_SET_NO_NEW_PRIVS: Final = 38

libc: Final = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """A process that loses its parent becomes ours instead of escaping to pid 1."""
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def apply(order: Order) -> None:
    """There is no limit of the address space: torch and the JVM reserve far more than they use.

    RLIMIT_DATA counts what is writable and private only, so it stops a single sudden allocation.
    """
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    cpu_s = int(order.seconds) * (os.cpu_count() or 1) + CPU_GRACE_S
    _limit(resource.RLIMIT_CPU, cpu_s)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, order.disk_mb * MB)
    _limit(resource.RLIMIT_DATA, order.memory_mb * MB * MEMORY_SLACK)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_MEMLOCK, 0)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    os.nice(NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_END, "ascii")


def _limit(what: int, value: int) -> None:
    """Never above what the worker itself is held to."""
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))
