"""Runs commands with the strongest isolation of this machine, which is found out by trying."""

import asyncio
import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from adapters.sandbox import control_groups
from adapters.sandbox.conversation import HeardOutput, converse
from adapters.sandbox.folder import OUTSIDE, TemporaryFolder, end_leftovers, remove_stale
from adapters.sandbox.long_runs import LongRuns
from adapters.sandbox.orders import USUAL, Bounds, Fence, order_for_command
from adapters.sandbox.warden import kernel
from core.gate.checks import ModelRepo
from core.gate.tools import OUT, PYTHON, Level, Output, Stopped, ToolCommand
from core.ports.sandbox import LongLook, LongOrder, Places, Sandbox

BUBBLEWRAP: Final = "bwrap"
PROBE_S: Final = 20.0
# It counts the host files, outside processes and network routes that it sees: all must be 0, and
# the file that it writes must come back.
PROOF: Final = """
import os, sys
files = [path for path in sys.argv[2:] if os.path.exists(path)]
others = [name for name in os.listdir("/proc") if name.isdecimal() and int(name) > 99]
routes = open("/proc/net/route").readlines()[1:]
open(sys.argv[1], "w").write(f"{len(files)} {len(others)} {len(routes)}")
"""
SHUT: Final = b"0 0 0"
HOST_FILES: Final = ("/etc/shadow", "/run", "/sys", "/var")


class ShutIn:
    """Implements ``core.ports.sandbox.Sandbox`` at one level; long runs are kept in ``home``."""

    def __init__(self, fence: Fence, home: Path) -> None:
        self._fence = fence
        self._long_runs = LongRuns(home, fence)

    @property
    def level(self) -> Level:
        return self._fence.level

    async def run(self, command: ToolCommand, repo: ModelRepo, places: Places) -> Output:
        async with _folder(command, repo) as (folder, laid):
            order = order_for_command(command, places, folder, self._fence)
            heard = await converse(order, command.output_mb)
            if not heard.is_whole:
                await asyncio.to_thread(end_leftovers, folder.path)
            files, large = await asyncio.to_thread(folder.collect, command)
        return self._output(heard, files, laid, large)

    async def start(self, key: str, order: LongOrder) -> None:
        await asyncio.to_thread(self._long_runs.start, key, order)

    async def look(self, key: str) -> LongLook:
        return await asyncio.to_thread(self._long_runs.look, key)

    async def log(self, key: str, offset: int = 0) -> bytes:
        return await asyncio.to_thread(self._long_runs.log, key, offset)

    async def result(self, key: str, name: str, most_bytes: int) -> bytes | None:
        return await asyncio.to_thread(self._long_runs.result, key, name, most_bytes)

    async def end(self, key: str) -> None:
        await asyncio.to_thread(self._long_runs.end, key)

    async def forget(self, key: str) -> None:
        await asyncio.to_thread(self._long_runs.forget, key)

    def _output(
        self, heard: HeardOutput, files: dict[str, bytes], laid: list[str], large: list[str]
    ) -> Output:
        verdict = heard.verdict
        return Output(
            code=verdict.code,
            stdout=heard.stdout,
            stderr=heard.stderr,
            files=files,
            stopped=Stopped(verdict.stopped or (Stopped.OUTPUT if large else Stopped.NO)),
            level=self.level,
            seconds=round(verdict.seconds, 3),
            notes=(*laid, *filter(None, [verdict.note]), *large),
        )


@contextlib.asynccontextmanager
async def _folder(
    command: ToolCommand, repo: ModelRepo
) -> AsyncIterator[tuple[TemporaryFolder, list[str]]]:
    """Give a folder with the files laid out, and remove it afterwards.

    A thread goes on after a cancellation, so that removing waits until it has put everything there.
    """
    folder = TemporaryFolder()
    files = (repo.files, command.files, command.stdin)
    laying = asyncio.create_task(asyncio.to_thread(folder.lay_out, *files))
    try:
        yield folder, await asyncio.shield(laying)
    finally:
        await asyncio.wait({laying})
        await asyncio.to_thread(folder.remove)


async def probe(
    strongest: Level = Level.BUBBLEWRAP,
    bounds: Bounds = USUAL,
    *,
    may_group: bool = True,
    home: Path | None = None,
) -> Sandbox:
    """Return the strongest sandbox that works here, and is no stronger than asked for.

    ``may_group`` allows control groups where the machine lets us make some. ``home`` is where long
    runs are kept; without one they have a new temporary folder, where no other process finds them.
    """
    home = home or Path(tempfile.gettempdir(), f"sluss_{secrets.token_hex(8)}")
    await asyncio.to_thread(remove_stale)
    groups = await asyncio.to_thread(_groups) if may_group else ()
    for fence in _candidates(strongest, bounds, groups):
        sandbox = ShutIn(fence, home)
        if await _holds(sandbox):
            return sandbox
    kernel.hide_process()  # without walls the code runs as our own user
    return ShutIn(Fence(level=Level.LIMITS, bounds=bounds, groups=groups), home)


async def reopened(level: Level, home: Path) -> Sandbox:
    """Return the sandbox that another process of ours has found here, without trying it again."""
    groups = await asyncio.to_thread(control_groups.find)
    program = shutil.which(BUBBLEWRAP) or BUBBLEWRAP
    if level is Level.LIMITS:
        kernel.hide_process()
    outside = _outside(level)
    return ShutIn(Fence(level=level, program=program, groups=groups, outside=outside), home)


class OneSandbox:
    """Probes the machine for its sandbox once, when something first runs, as that takes a moment.

    Long runs are kept in ``home``.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._sandbox: Sandbox | None = None
        self._turn = asyncio.Lock()

    async def found(self) -> Sandbox:
        async with self._turn:
            if self._sandbox is None:
                self._sandbox = await probe(home=self._home)
            return self._sandbox


def _groups() -> tuple[str, ...]:
    found = control_groups.find()
    control_groups.remove_stale(found)
    return found


def _candidates(strongest: Level, bounds: Bounds, groups: tuple[str, ...]) -> Iterator[Fence]:
    program = shutil.which(BUBBLEWRAP)
    if program and strongest is Level.BUBBLEWRAP:
        yield Fence(level=Level.BUBBLEWRAP, program=program, bounds=bounds, groups=groups)
    if strongest is not Level.LIMITS:
        yield Fence(
            level=Level.NAMESPACES, bounds=bounds, groups=groups, outside=_outside(Level.NAMESPACES)
        )


def _outside(level: Level) -> int:
    """Return another user than ours for code behind our own walls, 0 where we cannot have one."""
    if level is not Level.NAMESPACES or os.geteuid() != 0:
        return 0
    maps = [Path(f"/proc/self/{name}_map").read_text("ascii") for name in ("uid", "gid")]
    return OUTSIDE if all(any(map(_holds_outside, text.splitlines())) for text in maps) else 0


def _holds_outside(line: str) -> bool:
    first, _, count = map(int, line.split())
    return first <= OUTSIDE < first + count


async def _holds(sandbox: Sandbox) -> bool:
    command = ToolCommand(
        argv=(PYTHON, "-I", "-S", "-c", PROOF, f"{OUT}/proof", *HOST_FILES),
        collects=("proof",),
        seconds=PROBE_S,
    )
    output = await sandbox.run(command, ModelRepo(files={}), Places())
    return output.code == 0 and output.files.get("proof") == SHUT
