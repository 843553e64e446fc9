"""Runs a command shut in as strongly as this machine can, on a fresh copy of the files."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import msgspec

from adapters.sandbox import bubblewrap
from adapters.sandbox.conversation import Said, converse
from adapters.sandbox.leftovers import end_leftovers
from adapters.sandbox.mounts import BEHIND_WALLS, mounts
from adapters.sandbox.placing import as_it_is, environment, fill_in, words
from adapters.sandbox.run_folder import USER, RunFolder
from adapters.sandbox.warden.order import Order
from core.gate.checks import ModelRepo
from core.gate.tools import Command, Level, Output, Stopped
from core.ports.sandbox import Places


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all commands. ``shared_mb`` is the size of /dev/shm.

    ``tasks`` are threads of all processes: torch and BLAS start some for each core.
    """

    disk_mb: int = 512
    shared_mb: int = 64
    processes: int = 128
    tasks: int = 1024


USUAL: Final = Bounds()
NICE: Final = 5  # the warden and the worker come first
GIVES_WAY: Final = 15


class ShutIn:
    """The sandbox of this machine, at one level. ``program`` is bubblewrap's.

    ``groups``: the folders to make a control group below, if there are any.
    """

    def __init__(
        self,
        level: Level,
        program: str = "",
        bounds: Bounds = USUAL,
        groups: tuple[str, ...] = (),
    ) -> None:
        self._level = level
        self._program = program
        self._bounds = bounds
        self._groups = groups

    @property
    def level(self) -> Level:
        return self._level

    async def run(self, command: Command, repo: ModelRepo, places: Places) -> Output:
        async with _folder(command, repo) as (folder, laid):
            order = self._order(command, places, folder)
            said = await converse(order, command.output_mb)
            if not said.is_whole:
                await asyncio.to_thread(end_leftovers, folder.path)
            files, large = await asyncio.to_thread(folder.collect, command)
        return self._output(said, files, laid, large)

    def _order(self, command: Command, places: Places, folder: RunFolder) -> Order:
        if places.cache:
            Path(places.cache).mkdir(parents=True, exist_ok=True)
        is_behind = self._level is not Level.LIMITS
        inside = BEHIND_WALLS if is_behind else as_it_is(folder)
        meanings = words(command, inside, places)
        bounds = msgspec.structs.asdict(self._bounds)
        order = Order(
            argv=[fill_in(part, meanings) for part in command.argv],
            env=environment(command, inside, meanings),
            cwd=inside.repo,
            stdin=str(folder.stdin),
            folder=str(folder.work),
            seconds=command.seconds,
            memory_mb=command.memory_mb,
            user=USER,
            root=str(folder.root),
            has_network=command.has_network,
            is_behind=is_behind,
            mounts=mounts(command, places, folder) if is_behind else [],
            nice=GIVES_WAY if command.gives_way else NICE,
            groups=[f"{place}/{folder.path.name}" for place in self._groups],
            **bounds,
        )
        if self._level is Level.BUBBLEWRAP:
            return bubblewrap.wrapped(order, self._program, str(folder.path))
        return order

    def _output(
        self, said: Said, files: dict[str, bytes], laid: list[str], large: list[str]
    ) -> Output:
        verdict = said.verdict
        return Output(
            code=verdict.code,
            stdout=said.stdout,
            stderr=said.stderr,
            files=files,
            stopped=Stopped(verdict.stopped or (Stopped.OUTPUT if large else Stopped.NO)),
            level=self._level,
            seconds=round(verdict.seconds, 3),
            notes=(*laid, *filter(None, [verdict.note]), *large),
        )


@contextlib.asynccontextmanager
async def _folder(command: Command, repo: ModelRepo) -> AsyncIterator[tuple[RunFolder, list[str]]]:
    """A cancelled thread goes on, so the folder is removed when nothing is put there any more."""
    folder = RunFolder()
    laying = asyncio.create_task(asyncio.to_thread(folder.lay_out, command, repo))
    try:
        yield folder, await asyncio.shield(laying)
    finally:
        await asyncio.wait({laying})
        await asyncio.to_thread(folder.remove)
