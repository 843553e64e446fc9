"""Makes the warden's order of a command or a long run, at this machine's level of isolation."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from adapters.sandbox.folder import USER, SandboxFolder
from adapters.sandbox.inside import (
    BEHIND_WALLS,
    Inside,
    as_it_is,
    environment,
    fill_in,
    mounts_for_command,
    mounts_for_long_run,
    words,
)
from adapters.sandbox.warden.limits import TASKS_SLACK
from adapters.sandbox.warden.order import LINK, READ_ONLY, WRITABLE, Mount, WardenOrder
from adapters.sandbox.warden.way import CHANNEL, OPENER
from core.gate.tools import Level, ToolCommand
from core.ports.sandbox import LongOrder, Places

MB: Final = 1024 * 1024
NICE: Final = 5  # the warden and the worker come first
GIVES_WAY: Final = 15
LOOK_EVERY_MS: Final = 20
LOOK_AT_LONG_EVERY_MS: Final = 100  # runs of hours: between two looks the kernel's limits hold
OPTIONS: Final = {READ_ONLY: "--ro-bind", WRITABLE: "--bind", LINK: "--symlink"}


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Limits that are the same for all commands. ``shared_mb`` is the size of /dev/shm.

    ``tasks`` counts the threads of all processes: torch and BLAS start some for each core.
    """

    disk_mb: int = 512
    shared_mb: int = 64
    processes: int = 128
    tasks: int = 1024


USUAL: Final = Bounds()


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """How this machine isolates a run. ``program`` is the path of bubblewrap at that level.

    ``groups`` are the folders to make a control group below, empty where we may not. ``outside`` is
    the user of this machine that code behind our own walls is, where that is not ours.
    """

    level: Level
    program: str = ""
    bounds: Bounds = USUAL
    groups: tuple[str, ...] = ()
    outside: int = 0

    @property
    def has_walls(self) -> bool:
        return self.level is not Level.LIMITS

    def inside(self, folder: SandboxFolder) -> Inside:
        return BEHIND_WALLS if self.has_walls else as_it_is(folder)


def order_for_command(
    command: ToolCommand, places: Places, folder: SandboxFolder, fence: Fence
) -> WardenOrder:
    """A command that runs the repository's code gets no cache, as a cache outlives the run.

    One that does not stays our own user, who keeps the cache and the certificates.
    """
    if command.runs_code:
        places = msgspec.structs.replace(places, cache="")
    else:
        fence = msgspec.structs.replace(fence, outside=0)
    if places.cache:
        Path(places.cache).mkdir(parents=True, exist_ok=True)
    meanings = words(fence.inside(folder), places)
    limits = {
        "seconds": command.seconds,
        "cpu_s": 0.0,
        "memory_mb": command.memory_mb,
        "log_mb": 0,
        "look_every_ms": LOOK_EVERY_MS,
        "nice": GIVES_WAY if command.gives_way else NICE,
        **msgspec.structs.asdict(fence.bounds),
    }
    mounts = mounts_for_command(command, places, folder) if fence.has_walls else []
    order = WardenOrder(
        argv=[fill_in(part, meanings) for part in command.argv],
        env=environment(command.env, fence.inside(folder), meanings),
        has_network=command.has_network,
        way="",
        mounts=mounts,
        **_about(folder, fence, folder.path.name),
        **limits,
    )
    return _walled(order, folder, fence)


def order_for_long_run(
    asked: LongOrder, folder: SandboxFolder, fence: Fence, group: str
) -> WardenOrder:
    """``group`` names the run's control group; no other run of this machine may have that name."""
    places = Places(model_python=asked.model_python)
    meanings = words(fence.inside(folder), places)
    limits = {
        "seconds": asked.seconds,
        "cpu_s": asked.cpu_s,
        "memory_mb": asked.memory_mb,
        "log_mb": asked.log_mb,
        "look_every_ms": LOOK_AT_LONG_EVERY_MS,
        "nice": GIVES_WAY if asked.gives_way else NICE,
        "disk_mb": asked.disk_mb,
        "processes": asked.processes,
        "tasks": asked.threads,
        "shared_mb": fence.bounds.shared_mb,
    }
    opener = [sys.executable, "-I", "-S", "-c", OPENER, str(CHANNEL)] if asked.way else []
    order = WardenOrder(
        argv=[*opener, *(fill_in(part, meanings) for part in asked.argv)],
        env=environment(asked.env, fence.inside(folder), meanings),
        has_network=False,
        way=asked.way,
        mounts=mounts_for_long_run(asked, places, folder) if fence.has_walls else [],
        **_about(folder, fence, group),
        **limits,
    )
    return _walled(order, folder, fence)


def _about(folder: SandboxFolder, fence: Fence, group: str) -> Mapping[str, object]:
    if fence.outside:
        folder.give_to(fence.outside)
    return {
        "outside": fence.outside,
        "cwd": fence.inside(folder).repo,
        "stdin": str(folder.stdin),
        "folder": str(folder.work),
        "user": USER,
        "root": str(folder.root),
        "is_behind": fence.has_walls,
        "groups": [f"{place}/{group}" for place in fence.groups],
    }


def _walled(order: WardenOrder, folder: SandboxFolder, fence: Fence) -> WardenOrder:
    """At its level, have bubblewrap build the walls; it starts outside, so it gets our paths."""
    if fence.level is not Level.BUBBLEWRAP:
        return order
    argv = _bubblewrap(order, fence.program)
    changes = {"argv": argv, "cwd": str(folder.path), "mounts": list[Mount]()}
    return WardenOrder(**{**vars(order), **changes})


def _bubblewrap(order: WardenOrder, program: str) -> list[str]:
    """Return the command line of bubblewrap, https://github.com/containers/bubblewrap.

    ``prlimit`` sets its limit inside: outside, all processes of the user would count. There is no
    ``--new-session``: the warden has made one, and another would not have its low priority.
    """
    user, tasks = str(order.user), order.tasks * TASKS_SLACK
    network = ["--share-net"] if order.has_network else []
    return [
        program,
        *("--unshare-all", *network, "--unshare-user", "--disable-userns"),
        *("--uid", user, "--gid", user, "--hostname", "sandbox"),
        *("--die-with-parent", "--cap-drop", "ALL"),
        *(part for mount in order.mounts for part in _option(mount)),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(order.shared_mb * MB), "--tmpfs", "/dev/shm"),  # noqa: S108 (its own)
        *("--remount-ro", "/dev", "--remount-ro", "/"),  # both are memory, unseen by the watch
        *("--remount-ro", "/proc"),  # a root outside may write there, capabilities or not
        *("--chdir", order.cwd, "--"),
        *("prlimit", f"--nproc={tasks}:{tasks}", "--", *order.argv),
    ]


def _option(mount: Mount) -> Iterator[str]:
    source, target, kind = mount
    yield from (OPTIONS[kind], source, target)
