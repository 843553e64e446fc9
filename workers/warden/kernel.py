"""The system calls that Python has no name for; each raises OSError with the kernel's reason."""

import ctypes
import os
import platform
import signal
from typing import Final

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_CHILD_SUBREAPER: Final = 36
PR_SET_NO_NEW_PRIVS: Final = 38

NEW_MOUNTS: Final = 0x00020000
NEW_CGROUP: Final = 0x02000000
NEW_UTS: Final = 0x04000000
NEW_IPC: Final = 0x08000000
NEW_USER: Final = 0x10000000
NEW_PID: Final = 0x20000000
NEW_NET: Final = 0x40000000

NOSUID: Final = 2
NODEV: Final = 4
NOEXEC: Final = 8
BIND: Final = 4096
RECURSIVE: Final = 16384
PRIVATE: Final = 1 << 18
DETACH: Final = 2

ATTR_RDONLY: Final = 0x1
ATTR_NOSUID: Final = 0x2
ATTR_NODEV: Final = 0x4
AT_FDCWD: Final = -100
AT_RECURSIVE: Final = 0x8000
SYS_MOUNT_SETATTR: Final = 442  # the same on every architecture
SYS_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}

_libc: Final = ctypes.CDLL(None, use_errno=True)


class _MountAttr(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")
    )


def adopt_orphans() -> None:
    """A process that loses its parent becomes ours instead of escaping to pid 1."""
    _check(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def die_with_parent() -> None:
    _check(_libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0))


def gain_no_privileges() -> None:
    """A set-user-id program gives nothing more, for ever."""
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def hide_memory() -> None:
    """Other processes of the same user cannot read ours: not its variables, not its memory."""
    _check(_libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags))


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    parts = [os.fsencode(part) or None for part in (source, target, kind)]
    result = _libc.mount(*parts, ctypes.c_ulong(flags), options.encode() or None)
    _check(result, target)


def protect(target: str, attributes: int, *, is_deep: bool = True) -> None:
    """``is_deep``: what is mounted below it, too. What protects it already stays."""
    wanted = _MountAttr(attributes, 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(wanted))
    path = os.fsencode(target)
    reach = AT_RECURSIVE if is_deep else 0
    call = (SYS_MOUNT_SETATTR, AT_FDCWD, path, reach, ctypes.byref(wanted), size)
    _check(_libc.syscall(*call), target)


def make_root(folder: str) -> None:
    """The folder becomes ``/``, and what was there before is gone."""
    os.chdir(folder)
    _check(_libc.syscall(SYS_PIVOT_ROOT[platform.machine()], b".", b"."))
    _check(_libc.umount2(b".", DETACH))
    os.chdir("/")


def _check(result: int, about: str = "") -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), about or None)
