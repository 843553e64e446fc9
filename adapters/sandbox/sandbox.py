"""Runs a command shut in as strongly as this machine can, on a fresh copy of the files."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from adapters.sandbox.conversation import HeardOutput, converse
from adapters.sandbox.folder import TemporaryFolder, end_leftovers
from adapters.sandbox.long_runs import LongRuns
from adapters.sandbox.orders import Fence, order_for_command
from core.gate.checks import ModelRepo
from core.gate.tools import Level, Output, Stopped, ToolCommand
from core.ports.sandbox import LongLook, LongOrder, Places


class ShutIn:
    """The sandbox of this machine, at one level; its long runs are kept in ``home``.

    It implements ``core.ports.sandbox.Sandbox``.
    """

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
    """A cancelled thread goes on, so the folder is removed when nothing is put there any more."""
    folder = TemporaryFolder()
    files = (repo.files, command.files, command.stdin)
    laying = asyncio.create_task(asyncio.to_thread(folder.lay_out, *files))
    try:
        yield folder, await asyncio.shield(laying)
    finally:
        await asyncio.wait({laying})
        await asyncio.to_thread(folder.remove)
