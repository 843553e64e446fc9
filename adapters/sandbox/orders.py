"""From what is asked for to what the warden is told, at the level of this machine."""

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
LOOK_AT_LONG_EVERY_MS: Final = 100  # for hours: what happens between two looks, the kernel holds
OPTIONS: Final = {READ_ONLY: "--ro-bind", WRITABLE: "--bind", LINK: "--symlink"}


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds are the same for all commands. ``shared_mb`` is the size of /dev/shm.

    ``tasks`` are threads of all processes: torch and BLAS start some for each core.
    """

    disk_mb: int = 512
    shared_mb: int = 64
    processes: int = 128
    tasks: int = 1024


USUAL: Final = Bounds()


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """A machine shuts in with this. ``program`` is bubblewrap's, where that is the level.

    ``groups``: the folders to make a control group below, if there are any.
    """

    level: Level
    program: str = ""
    bounds: Bounds = USUAL
    groups: tuple[str, ...] = ()

    @property
    def has_walls(self) -> bool:
        return self.level is not Level.LIMITS

    def inside(self, folder: SandboxFolder) -> Inside:
        return BEHIND_WALLS if self.has_walls else as_it_is(folder)


def order_for_command(
    command: ToolCommand, places: Places, folder: SandboxFolder, fence: Fence
) -> WardenOrder:
    """The cache outlives the run, so code of the repository never gets it."""
    if command.runs_code:
        places = msgspec.structs.replace(places, cache="")
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
    """``group`` is the name of its control group, which no other run of this machine has."""
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
    return {
        "cwd": fence.inside(folder).repo,
        "stdin": str(folder.stdin),
        "folder": str(folder.work),
        "user": USER,
        "root": str(folder.root),
        "is_behind": fence.has_walls,
        "groups": [f"{place}/{group}" for place in fence.groups],
    }


def _walled(order: WardenOrder, folder: SandboxFolder, fence: Fence) -> WardenOrder:
    """Where bubblewrap builds the walls, they are its business, and it starts outside."""
    if fence.level is not Level.BUBBLEWRAP:
        return order
    argv = _bubblewrap(order, fence.program)
    changes = {"argv": argv, "cwd": str(folder.path), "mounts": list[Mount]()}
    return WardenOrder(**{**vars(order), **changes})


def _bubblewrap(order: WardenOrder, program: str) -> list[str]:
    """The command line of bubblewrap, https://github.com/containers/bubblewrap.

    ``prlimit`` goes between: outside, all processes of the user would count.
    No ``--new-session``: the warden has made one, and another would not give way as that does.
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
        *("--remount-ro", "/dev", "--remount-ro", "/"),  # both are memory that nobody would see
        *("--remount-ro", "/proc"),  # a root outside may write there, capabilities or not
        *("--chdir", order.cwd, "--"),
        *("prlimit", f"--nproc={tasks}:{tasks}", "--", *order.argv),
    ]


def _option(mount: Mount) -> Iterator[str]:
    source, target, kind = mount
    yield from (OPTIONS[kind], source, target)
