"""The system calls that Python has no name for; each raises OSError with the kernel's reason."""

import ctypes
import fcntl
import os
import struct

KILL = 9  # signal.SIGKILL: that module takes longer to import than most calls here

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
MOST_CAPABILITIES = 64
PR_SET_SECCOMP = 22
SECCOMP_FILTER = 2
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

NEW_MOUNTS = 0x00020000
NEW_CGROUP = 0x02000000
NEW_UTS = 0x04000000
NEW_IPC = 0x08000000
NEW_USER = 0x10000000
NEW_PID = 0x20000000
NEW_NET = 0x40000000

NOSUID = 2
NODEV = 4
NOEXEC = 8
BIND = 4096
RECURSIVE = 16384
PRIVATE = 1 << 18
DETACH = 2

ATTR_RDONLY = 0x1
ATTR_NOSUID = 0x2
ATTR_NODEV = 0x4
AT_FDCWD = -100
AT_RECURSIVE = 0x8000
SYS_MOUNT_SETATTR = 442  # the same on every architecture
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

A_NETWORK = 2  # AF_INET
DATAGRAMS = 2
GET_FLAGS = 0x8913
SET_FLAGS = 0x8914
UP = 1
FLAGS_OF = "16sH22x"

_libc = ctypes.CDLL(None, use_errno=True)


class _MountAttr(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")
    )


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def adopt_orphans() -> None:
    """Make every descendant that loses its parent a child of ours, not of pid 1."""
    _check(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def die_with_parent() -> None:
    _check(_libc.prctl(PR_SET_PDEATHSIG, KILL, 0, 0, 0))


def gain_no_privileges() -> None:
    """Let no set-user-id program give this process more rights, for ever."""
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def hide_process(*, is_hidden: bool = True) -> None:
    """Keep other processes of our user from our variables, memory and open files."""
    _check(_libc.prctl(PR_SET_DUMPABLE, int(not is_hidden), 0, 0, 0))


def drop_capabilities() -> None:
    """Let the next program that is executed have no capability, even where root is the user."""
    for number in range(MOST_CAPABILITIES):
        if _libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0:
            return  # there is no such capability, or we may not drop any


def filter_calls(program: list[bytes]) -> None:
    """Install a seccomp filter, which is for ever and for all children, too."""
    steps = ctypes.create_string_buffer(b"".join(program))
    whole = _FilterProgram(len(program), ctypes.addressof(steps))
    _check(_libc.prctl(PR_SET_SECCOMP, SECCOMP_FILTER, ctypes.byref(whole), 0, 0))


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags))


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    parts = [os.fsencode(part) or None for part in (source, target, kind)]
    result = _libc.mount(*parts, ctypes.c_ulong(flags), options.encode() or None)
    _check(result, target)


def protect(target: str, attributes: int, *, is_deep: bool = True) -> None:
    """Add mount attributes, with ``is_deep`` also to all that is mounted below; none is removed."""
    wanted = _MountAttr(attributes, 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(wanted))
    path = os.fsencode(target)
    reach = AT_RECURSIVE if is_deep else 0
    call = (SYS_MOUNT_SETATTR, AT_FDCWD, path, reach, ctypes.byref(wanted), size)
    _check(_libc.syscall(*call), target)


def make_root(folder: str) -> None:
    """Make the folder ``/``, and unmount the root before it."""
    os.chdir(folder)
    _check(_libc.syscall(SYS_PIVOT_ROOT[os.uname().machine], b".", b"."))
    _check(_libc.umount2(b".", DETACH))
    os.chdir("/")


def bring_loopback_up() -> None:
    """Start the loopback device of a new network, or its own servers could not be reached."""
    descriptor = _libc.socket(A_NETWORK, DATAGRAMS, 0)
    answer = fcntl.ioctl(descriptor, GET_FLAGS, struct.pack(FLAGS_OF, b"lo", 0))
    name, flags = struct.unpack(FLAGS_OF, answer)
    fcntl.ioctl(descriptor, SET_FLAGS, struct.pack(FLAGS_OF, name, flags | UP))
    os.close(descriptor)


def _check(result: int, about: str = "") -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), about or None)
