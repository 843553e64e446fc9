"""The limits that the kernel itself enforces on a process; they are set between fork and exec."""
# Importing pathlib takes longer than all that is done here.
# ruff: noqa: PTH123

import contextlib
import errno
import os
import resource
import struct

from adapters.sandbox.warden import kernel
from adapters.sandbox.warden.group import ControlGroup
from adapters.sandbox.warden.order import WardenOrder

MB = 1024 * 1024
OPEN_FILES = 1024
CPU_GRACE_S = 5
MEMORY_SLACK = 4  # times the limit, for one process between two looks of the watch
TASKS_SLACK = 2  # times the limit, so that the watch sees it first and can say why
FIRST_TO_END = b"1000"  # when the whole machine runs out of memory


# System calls that no test needs are refused on every level, behind walls and without: they hold
# memory that no watch sees, look into other processes, or are where kernels break most.
# https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
# Of the 64-bit tables: shmget, msgget, ptrace, process_vm_readv and _writev, add_key, request_key,
# keyctl, perf_event_open, bpf, userfaultfd, io_uring_setup.
REFUSED = {
    "x86_64": (0xC000003E, (29, 68, 101, 310, 311, 248, 249, 250, 298, 321, 323, 425)),
    "aarch64": (0xC00000B7, (194, 186, 117, 270, 271, 217, 218, 219, 241, 280, 282, 425)),
}
# Sockets of other families than Unix, IPv4, IPv6 and netlink may lead out of a network that is
# closed: one to the host of a virtual machine (AF_VSOCK) knows no namespace.
FAMILIES = (1, 2, 10, 16)
SOCKET = {"x86_64": 41, "aarch64": 198}
OTHER_TABLE = 0x40000000  # x32 numbers the same calls from here

LOAD, IF_EQUAL, IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16
ALLOW = 0x7FFF0000
REFUSE = 0x00050000 | errno.EPERM


def group(order: WardenOrder) -> ControlGroup:
    """Return the run's control group, with room for files in memory: it counts them as memory."""
    memory_mb = order.memory_mb + order.disk_mb + order.shared_mb
    return ControlGroup(order.groups, memory_mb=memory_mb, tasks=order.tasks * TASKS_SLACK)


def apply(order: WardenOrder) -> None:
    """Set the limits of this process and of all that it starts.

    The address space has none: torch and the JVM reserve far more than they use. RLIMIT_DATA counts
    only memory that is writable and private, and stops a single sudden allocation. RLIMIT_NPROC is
    set behind our own walls only: without them, all processes of the user would count.
    """
    if order.mounts or not order.is_behind:  # bubblewrap needs them, and drops them itself
        kernel.drop_capabilities()  # with them, root could raise its limits again
    kernel.gain_no_privileges()
    _refuse_calls()
    cpu_s = order.cpu_s or order.seconds * (os.cpu_count() or 1)
    _limit(resource.RLIMIT_CPU, int(cpu_s) + CPU_GRACE_S)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, order.disk_mb * MB)
    _limit(resource.RLIMIT_DATA, order.memory_mb * MB * MEMORY_SLACK)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_MEMLOCK, 0)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    if order.mounts:
        _limit(resource.RLIMIT_NPROC, order.tasks * TASKS_SLACK)
    os.nice(order.nice)
    _say("autogroup", str(order.nice).encode())  # where sessions are groups, only this nice counts
    _say("oom_score_adj", FIRST_TO_END)


def _say(name: str, value: bytes) -> None:
    with contextlib.suppress(OSError), open(f"/proc/self/{name}", "wb", buffering=0) as file:
        file.write(value)


def _limit(what: int, value: int) -> None:
    """Set a limit, but never above the hard limit that the worker itself has."""
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def _refuse_calls() -> None:
    """Refuse these calls to this process and all that it starts, if the kernel has seccomp."""
    machine = os.uname().machine
    if machine in REFUSED:
        with contextlib.suppress(OSError):
            kernel.filter_calls(_program(*REFUSED[machine], SOCKET[machine]))


def _program(architecture: int, refused: tuple[int, ...], open_socket: int) -> list[bytes]:
    to_refusal = len(refused) + len(FAMILIES) + 3
    return [
        _step(LOAD, ARCHITECTURE_AT),
        _step(IF_EQUAL, architecture, yes=1),
        _step(RETURN, REFUSE),
        _step(LOAD, NUMBER_AT),
        _step(IF_AT_LEAST, OTHER_TABLE, yes=to_refusal),
        *(_step(IF_EQUAL, each, yes=to_refusal - at) for at, each in enumerate(refused, start=1)),
        _step(IF_EQUAL, open_socket, yes=1),
        _step(RETURN, ALLOW),
        _step(LOAD, FIRST_ARGUMENT_AT),
        *(_step(IF_EQUAL, each, yes=len(FAMILIES) - at) for at, each in enumerate(FAMILIES)),
        _step(RETURN, REFUSE),
        _step(RETURN, ALLOW),
    ]


def _step(code: int, value: int, *, yes: int = 0) -> bytes:
    """Encode one instruction; ``yes`` is how many to skip when its condition holds."""
    return struct.pack("HBBI", code, yes, 0, value)
