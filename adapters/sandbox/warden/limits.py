"""What the kernel holds a process to, whatever watches it: set between fork and exec."""
# Importing pathlib takes longer than all that is done here.
# ruff: noqa: PTH123

import contextlib
import os
import resource

from adapters.sandbox.warden import kernel, seccomp
from adapters.sandbox.warden.group import Group
from adapters.sandbox.warden.order import Order

MB = 1024 * 1024
OPEN_FILES = 1024
CPU_GRACE_S = 5
MEMORY_SLACK = 4  # one process between two looks of the watch
TASKS_SLACK = 2  # so that the watch comes first, and says why
FIRST_TO_END = b"1000"  # when the whole machine runs out of memory


def group(order: Order) -> Group:
    """It counts files in memory as memory, so there is room for all that may lie in such ones."""
    memory_mb = order.memory_mb + order.disk_mb + order.shared_mb
    return Group(order.groups, memory_mb=memory_mb, tasks=order.tasks * TASKS_SLACK)


def apply(order: Order) -> None:
    """There is no limit of the address space: torch and the JVM reserve far more than they use.

    RLIMIT_DATA counts what is writable and private only, so it stops a single sudden allocation.
    RLIMIT_NPROC is for walls of our own: without, all processes of the user would count.
    """
    if order.mounts or not order.is_behind:  # bubblewrap needs them, and drops them itself
        kernel.drop_capabilities()  # with them, root could raise its limits again
    kernel.gain_no_privileges()
    seccomp.refuse()
    cpu_s = int(order.seconds) * (os.cpu_count() or 1) + CPU_GRACE_S
    _limit(resource.RLIMIT_CPU, cpu_s)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, order.disk_mb * MB)
    _limit(resource.RLIMIT_DATA, order.memory_mb * MB * MEMORY_SLACK)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_MEMLOCK, 0)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    if order.mounts:
        _limit(resource.RLIMIT_NPROC, order.tasks * TASKS_SLACK)
    os.nice(order.nice)
    _say("autogroup", str(order.nice).encode())  # where each session is a group, it counts alone
    _say("oom_score_adj", FIRST_TO_END)


def _say(name: str, value: bytes) -> None:
    with contextlib.suppress(OSError), open(f"/proc/self/{name}", "wb", buffering=0) as file:
        file.write(value)


def _limit(what: int, value: int) -> None:
    """Never above what the worker itself is held to."""
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))
