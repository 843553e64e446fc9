"""Runs a command shut in as strongly as this machine can, on a fresh copy of the files."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from core.checks import ModelRepo
from core.ports.sandbox import Places
from core.tools import Command, Level, Output, Stopped
from workers.sandbox.conversation import converse
from workers.sandbox.placing import as_it_is, environment, fill_in, words
from workers.sandbox.run_folder import RunFolder
from workers.warden.order import Order

MOST_DISK_MB: Final = 512
MOST_PROCESSES: Final = 128


class ShutIn:
    """The sandbox of this machine, at one level."""

    def __init__(self, level: Level) -> None:
        self._level = level

    @property
    def level(self) -> Level:
        return self._level

    async def run(self, command: Command, repo: ModelRepo, places: Places) -> Output:
        async with _folder(command, repo) as (folder, laid):
            order = self._order(command, places, folder)
            said = await converse(order, command.output_mb)
            files, large = await asyncio.to_thread(folder.collect, command)
        verdict = said.verdict
        return Output(
            code=verdict.code,
            stdout=said.stdout,
            stderr=said.stderr,
            files=files,
            stopped=Stopped(verdict.stopped or (Stopped.OUTPUT if large else Stopped.NO)),
            level=self._level,
            seconds=round(verdict.seconds, 3),
            notes=(*laid, *verdict.notes, *large),
        )

    def _order(self, command: Command, places: Places, folder: RunFolder) -> Order:
        inside = as_it_is(folder)
        meanings = words(command, inside, places)
        return Order(
            argv=[fill_in(part, meanings) for part in command.argv],
            env=environment(command, inside, meanings),
            cwd=inside.repo,
            stdin=str(folder.stdin),
            folder=str(folder.work),
            seconds=command.seconds,
            memory_mb=command.memory_mb,
            disk_mb=MOST_DISK_MB,
            processes=MOST_PROCESSES,
        )


@contextlib.asynccontextmanager
async def _folder(
    command: Command, repo: ModelRepo
) -> AsyncIterator[tuple[RunFolder, tuple[str, ...]]]:
    """A cancelled thread goes on, so the folder is removed when nothing is put there any more."""
    folder = RunFolder()
    laying = asyncio.create_task(asyncio.to_thread(folder.lay_out, command, repo))
    try:
        yield folder, await asyncio.shield(laying)
    finally:
        await asyncio.wait({laying})
        await asyncio.to_thread(folder.remove)
