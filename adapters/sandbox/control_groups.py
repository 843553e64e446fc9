"""Finds the folders below which this process may make control groups; mostly there are none.

Version 2 needs a folder that is delegated to us and hands the controllers memory and pids on: our
own group where no process is in it, or the one above it (as systemd makes it for ``Delegate=`` with
``DelegateSubgroup=``, and for the services of a user). Version 1 needs root.
https://systemd.io/CGROUP_DELEGATION/
"""

import contextlib
import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from adapters.sandbox.folder import PREFIX
from adapters.sandbox.warden.group import ControlGroup

CONTROLLERS: Final = ("memory", "pids")
HANDED_ON: Final = "cgroup.subtree_control"
TRIAL: Final = "sluss_trial_"  # followed by the number of the process that tries
TRIAL_MB: Final = 64
TRIAL_TASKS: Final = 16
WAITS: Final = ("cat",)  # waits for ever, as nothing is written to its input


class _Mount(msgspec.Struct, frozen=True):
    """A mounted hierarchy of groups; ``root`` is the group that is seen at ``place``."""

    kind: str
    root: str
    place: str
    options: frozenset[str]

    def folder(self, path: str) -> Path | None:
        """Return the folder of a path in /proc/<pid>/cgroup; None when it is not below ``root``."""
        with contextlib.suppress(ValueError):
            return Path(self.place, Path(path).relative_to(self.root))
        return None


def find() -> tuple[str, ...]:
    """Return the folders to make a group below, after trying them; none where we may not."""
    return next(filter(_may_be_made, candidates(Path("/proc/self"))), ())


def candidates(proc: Path) -> Iterator[tuple[str, ...]]:
    """Read the folder of a process in /proc; give one folder, or one for each controller."""
    mounts = list(_mounts((proc / "mountinfo").read_text("utf-8", "surrogateescape")))
    groups = _groups((proc / "cgroup").read_text("utf-8", "surrogateescape"))
    yield from _version_2(mounts, groups)
    yield from _version_1(mounts, groups)


def remove_stale(places: tuple[str, ...]) -> None:
    """Remove the groups that a killed warden has left, or a process killed while trying."""
    runs = {path.name for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*")}
    for place in map(Path, places):
        left = [group for group in place.glob(f"{PREFIX}*") if group.name not in runs]
        left += [group for group in place.glob(f"{TRIAL}*") if not _is_trying(group.name)]
        for group in left:
            with contextlib.suppress(OSError):  # a process is in it: it is not ours to end
                group.rmdir()


def _is_trying(name: str) -> bool:
    """Tell whether the process that made this trial group still lives."""
    return Path("/proc", name.removeprefix(TRIAL).partition("_")[0]).exists()


def _mounts(text: str) -> Iterator[_Mount]:
    """The format is that of https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html."""
    for line in text.splitlines():
        about, _, super_ = line.partition(" - ")
        fields, kind = about.split(), super_.split()
        if kind and kind[0] in ("cgroup", "cgroup2"):
            yield _Mount(kind[0], fields[3], fields[4], frozenset(kind[-1].split(",")))


def _groups(text: str) -> dict[str, str]:
    """Return the path of our group for each controller; that of version 2 is under ``""``."""
    found = dict[str, str]()
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        found |= dict.fromkeys(controllers.split(","), path)
    return found


def _version_2(mounts: list[_Mount], groups: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for mount in mounts:
        own = mount.folder(groups.get("", "/")) if mount.kind == "cgroup2" else None
        for folder in (own, own.parent) if own else ():
            if set(CONTROLLERS) <= set(_words(folder / HANDED_ON)):
                yield (str(folder),)


def _version_1(mounts: list[_Mount], groups: dict[str, str]) -> Iterator[tuple[str, ...]]:
    found = dict[str, Path]()
    for mount in mounts:
        for controller in mount.options & set(CONTROLLERS) if mount.kind == "cgroup" else ():
            folder = mount.folder(groups.get(controller, "/"))
            if folder:
                found[controller] = folder
    if len(found) == len(CONTROLLERS):
        yield tuple(dict.fromkeys(str(found[controller]) for controller in CONTROLLERS))


def _words(path: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return path.read_text("ascii", "replace").split()
    return []


def _may_be_made(places: tuple[str, ...]) -> bool:
    """Make a trial group, put a process into it, and end both: a folder alone proves nothing."""
    name = f"{TRIAL}{os.getpid()}_{secrets.token_hex(4)}"
    group = ControlGroup(
        [f"{place}/{name}" for place in places], memory_mb=TRIAL_MB, tasks=TRIAL_TASKS
    )
    with subprocess.Popen(WAITS, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as waiting:  # noqa: S603 - fixed words
        try:
            group.make()
            group.join(waiting.pid)
        except OSError:
            return False
        finally:
            group.end()
            waiting.kill()
        return True
