"""A process's own view of the machine, in namespaces: the mounts it is given, and nothing else.

What bubblewrap does, for machines where it is not installed. Nothing here needs a privilege, but
the kernel must allow user namespaces. https://man7.org/linux/man-pages/man7/user_namespaces.7.html
"""

import contextlib
import fcntl
import os
import socket
import struct
from pathlib import Path
from typing import Final

from workers.warden import kernel
from workers.warden.order import LINK, READ_ONLY, Mount, Walls

NAMESPACES: Final = (
    kernel.NEW_USER
    | kernel.NEW_MOUNTS
    | kernel.NEW_PID
    | kernel.NEW_IPC
    | kernel.NEW_UTS
    | kernel.NEW_CGROUP
)
DEVICES: Final = ("null", "zero", "full", "random", "urandom")
DEVICE_LINKS: Final = (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2"))
# For a root outside some files in /proc would be writable, capabilities or not.
POWERFUL: Final = ("sys", "sysrq-trigger", "irq", "bus")
QUIET: Final = kernel.NOSUID | kernel.NODEV

UP: Final = 1
GET_FLAGS: Final = 0x8913
SET_FLAGS: Final = 0x8914
FLAGS_OF: Final = "16sH22x"


def enter(walls: Walls) -> None:
    """Returns in a new process behind the walls; the callers stay outside and pass its code on."""
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(NAMESPACES | (0 if walls.has_network else kernel.NEW_NET))
    _map(user, group, walls)
    kernel.die_with_parent()
    _stay_outside()  # a pid namespace begins with the next child
    if not walls.has_network:
        _bring_loopback_up()
    _build(walls)
    _stay_outside()  # its first process reaps; when it ends, everything in it does


def _map(user: int, group: int, walls: Walls) -> None:
    Path("/proc/self/setgroups").write_text("deny", "ascii")
    Path("/proc/self/uid_map").write_text(f"{walls.user} {user} 1", "ascii")
    Path("/proc/self/gid_map").write_text(f"{walls.user} {group} 1", "ascii")


def _stay_outside() -> None:
    child = os.fork()
    if child == 0:
        kernel.die_with_parent()
        return
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack(FLAGS_OF, b"lo", 0)
        name, flags = struct.unpack(FLAGS_OF, fcntl.ioctl(any_socket, GET_FLAGS, request))
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack(FLAGS_OF, name, flags | UP))


def _build(walls: Walls) -> None:
    root = walls.root
    kernel.mount("", "/", flags=kernel.RECURSIVE | kernel.PRIVATE)
    kernel.mount("tmpfs", root, "tmpfs", QUIET, "mode=755,size=1m")
    for mount in walls.mounts:
        _place(root, mount)
    _proc(f"{root}/proc")
    _devices(f"{root}/dev", walls.shared_mb)
    kernel.make_root(root)
    kernel.protect("/", kernel.ATTR_RDONLY, is_deep=False)


def _place(root: str, mount: Mount) -> None:
    target = Path(root + mount.target)
    target.parent.mkdir(parents=True, exist_ok=True)
    if mount.kind == LINK:
        target.symlink_to(mount.source)
        return
    _bind(mount.source, target)
    is_fixed = mount.kind == READ_ONLY
    attributes = kernel.ATTR_NOSUID | kernel.ATTR_NODEV | (kernel.ATTR_RDONLY if is_fixed else 0)
    kernel.protect(str(target), attributes)


def _bind(source: str, target: Path) -> None:
    if Path(source).is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    kernel.mount(source, str(target), flags=kernel.BIND | kernel.RECURSIVE)


def _proc(target: str) -> None:
    Path(target).mkdir()
    kernel.mount("proc", target, "proc", QUIET | kernel.NOEXEC)
    Path(f"{target}/sys/user/max_user_namespaces").write_text("0", "ascii")
    with contextlib.suppress(OSError):  # older kernels leave it to the root outside
        Path(f"{target}/sys/kernel/shmall").write_text("0", "ascii")  # memory that nobody would see
    for name in POWERFUL:
        covered = f"{target}/{name}"
        if os.path.lexists(covered):
            kernel.mount(covered, covered, flags=kernel.BIND | kernel.RECURSIVE)
            kernel.protect(covered, kernel.ATTR_RDONLY)


def _devices(target: str, shared_mb: int) -> None:
    Path(target).mkdir()
    for name in DEVICES:
        _bind(f"/dev/{name}", Path(target, name))
    for name, end in DEVICE_LINKS:
        Path(target, name).symlink_to(f"/proc/self/fd{end}")
    Path(target, "shm").mkdir()
    kernel.mount("tmpfs", f"{target}/shm", "tmpfs", QUIET, f"mode=1777,size={shared_mb}m")
