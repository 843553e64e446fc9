"""System calls that no test needs, refused on every level, behind walls and without.

They hold memory that no watch sees, look into other processes, or are where kernels break most.
https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

import contextlib
import errno
import os
import struct

from adapters.sandbox.warden import kernel

# Of the 64-bit tables: shmget, msgget, ptrace, process_vm_readv and _writev, add_key, request_key,
# keyctl, perf_event_open, bpf, userfaultfd, io_uring_setup.
REFUSED = {
    "x86_64": (0xC000003E, (29, 68, 101, 310, 311, 248, 249, 250, 298, 321, 323, 425)),
    "aarch64": (0xC00000B7, (194, 186, 117, 270, 271, 217, 218, 219, 241, 280, 282, 425)),
}
OTHER_TABLE = 0x40000000  # x32 numbers the same calls from here

LOAD, IF_EQUAL, IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER_AT, ARCHITECTURE_AT = 0, 4
ALLOW = 0x7FFF0000
REFUSE = 0x00050000 | errno.EPERM


def refuse() -> None:
    """For this process and all that it starts; a kernel without it has the other fences."""
    known = REFUSED.get(os.uname().machine)
    if known:
        with contextlib.suppress(OSError):
            kernel.filter_calls(_program(*known))


def _program(architecture: int, refused: tuple[int, ...]) -> list[bytes]:
    last = len(refused)
    return [
        _step(LOAD, ARCHITECTURE_AT),
        _step(IF_EQUAL, architecture, yes=1),
        _step(RETURN, REFUSE),
        _step(LOAD, NUMBER_AT),
        _step(IF_AT_LEAST, OTHER_TABLE, yes=last + 1),
        *(_step(IF_EQUAL, number, yes=last - place) for place, number in enumerate(refused)),
        _step(RETURN, ALLOW),
        _step(RETURN, REFUSE),
    ]


def _step(code: int, value: int, *, yes: int = 0) -> bytes:
    """``yes``: how many steps to leave out when it is so."""
    return struct.pack("HBBI", code, yes, 0, value)
