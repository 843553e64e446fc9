"""A process's own view of the machine, in namespaces: the mounts it is given, and nothing else.

It does what bubblewrap does, where that is not installed. Nothing here needs a privilege, but the
kernel must allow user namespaces. https://man7.org/linux/man-pages/man7/user_namespaces.7.html
"""
# Importing pathlib takes longer than all that is done here.
# ruff: noqa: PTH102, PTH103, PTH110, PTH112, PTH120, PTH123, PTH211

import contextlib
import os
from errno import EPERM

from adapters.sandbox.warden import kernel
from adapters.sandbox.warden.order import LINK, READ_ONLY, Mount, WardenOrder

NAMESPACES = (
    kernel.NEW_USER
    | kernel.NEW_MOUNTS
    | kernel.NEW_PID
    | kernel.NEW_IPC
    | kernel.NEW_UTS
    | kernel.NEW_CGROUP
)
DEVICES = ("null", "zero", "full", "random", "urandom")
DEVICE_LINKS = (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2"))
# For a root outside some files in /proc would be writable, capabilities or not.
POWERFUL = ("sys", "sysrq-trigger", "irq", "bus")
QUIET = kernel.NOSUID | kernel.NODEV


def enter(order: WardenOrder) -> None:
    """Return in a new process behind the walls; its parents stay outside and pass its code on."""
    namespaces = NAMESPACES | (0 if order.has_network else kernel.NEW_NET)
    if order.outside:
        _unshare_as_root(namespaces, order)
    else:
        _unshare(namespaces, order)
    kernel.die_with_parent()
    _stay_outside()  # a pid namespace begins with the next child
    if not order.has_network:
        kernel.bring_loopback_up()
    _build(order)
    _stay_outside()  # its first process reaps the others, and they end with it
    if order.outside:
        _become_user(order.user)


def _unshare(namespaces: int, order: WardenOrder) -> None:
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(namespaces)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{order.user} {user} 1")
    _write("/proc/self/gid_map", f"{order.user} {group} 1")


def _unshare_as_root(namespaces: int, order: WardenOrder) -> None:
    """Keep root, which builds the walls, and map the user to another one than ours.

    Only a process that stays outside may write such a map.
    """
    ready, told = os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(told)
        os.read(ready, 1)
        os._exit(_map_parent(order))
    os.close(ready)
    kernel.unshare(namespaces)
    os.close(told)
    if os.waitpid(helper, 0)[1] != 0:
        raise PermissionError(EPERM, os.strerror(EPERM), "uid_map")
    os.umask(0o022)  # or the user could not enter the folders that root makes for it


def _map_parent(order: WardenOrder) -> int:
    try:
        for name in ("uid_map", "gid_map"):
            _write(f"/proc/{os.getppid()}/{name}", f"0 0 1\n{order.user} {order.outside} 1\n")
    except OSError:
        return 1
    return 0


def _become_user(user: int) -> None:
    """Leave root for good; what a change of the user undoes is set again."""
    kernel.drop_capabilities()
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    kernel.hide_process(is_hidden=False)
    kernel.die_with_parent()


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


def _build(order: WardenOrder) -> None:
    root = order.root
    kernel.mount("", "/", flags=kernel.RECURSIVE | kernel.PRIVATE)
    kernel.mount("tmpfs", root, "tmpfs", QUIET, "mode=755,size=1m")
    for mount in order.mounts:
        _place(root, mount)
    _proc(f"{root}/proc")
    _devices(f"{root}/dev", order.shared_mb)
    kernel.make_root(root)
    kernel.protect("/", kernel.ATTR_RDONLY, is_deep=False)


def _place(root: str, mount: Mount) -> None:
    source, place, kind = mount
    target = root + place
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if kind == LINK:
        os.symlink(source, target)
        return
    _bind(source, target)
    fixed = kernel.ATTR_RDONLY if kind == READ_ONLY else 0
    kernel.protect(target, kernel.ATTR_NOSUID | kernel.ATTR_NODEV | fixed)


def _bind(source: str, target: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):  # one that exists may be in a folder that we cannot write to
        _write(target, "")
    kernel.mount(source, target, flags=kernel.BIND | kernel.RECURSIVE)


def _proc(target: str) -> None:
    os.mkdir(target)
    kernel.mount("proc", target, "proc", QUIET | kernel.NOEXEC)
    _write(f"{target}/sys/user/max_user_namespaces", "0")
    with contextlib.suppress(OSError):  # older kernels leave it to the root outside
        _write(f"{target}/sys/kernel/shmall", "0")  # memory that the watch does not see
    for name in POWERFUL:
        covered = f"{target}/{name}"
        if os.path.lexists(covered):
            kernel.mount(covered, covered, flags=kernel.BIND | kernel.RECURSIVE)
            kernel.protect(covered, kernel.ATTR_RDONLY)


def _devices(target: str, shared_mb: int) -> None:
    os.mkdir(target)
    for name in DEVICES:
        _bind(f"/dev/{name}", f"{target}/{name}")
    for name, end in DEVICE_LINKS:
        os.symlink(f"/proc/self/fd{end}", f"{target}/{name}")
    os.mkdir(f"{target}/shm")
    kernel.mount("tmpfs", f"{target}/shm", "tmpfs", QUIET, f"mode=1777,size={shared_mb}m")


def _write(path: str, text: str) -> None:
    with open(path, "wb", buffering=0) as file:
        file.write(text.encode())
