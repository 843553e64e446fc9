"""Asks a child process for sketches, so that no file can hold up the event loop or end it."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from typing import Final

import msgspec

from core.errors import SlussError
from core.gate.sketch import Sketch
from workers.gate.duplicates.sketch import Work

MOST_BYTES: Final = 16 * 1024 * 1024  # of a repository's code: half a million lines
SECONDS: Final = 60.0
CPU_S: Final = 65
MEMORY_MB: Final = 2048

TOO_MUCH: Final = "it is {size:,} bytes"
TOO_LONG: Final = f"it took more than {SECONDS:g} s"
ENDED: Final = "the process that read it ended with code {code}"


class NotReadError(SlussError):
    """The code of a repository was neither compared nor kept."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The code was neither compared nor kept: {why}.")


async def sketches(files: Mapping[str, bytes]) -> dict[str, Sketch]:
    """The sketch of each file. Raise NotReadError when they are too much or too strange."""
    if not files:
        return {}
    size = sum(map(len, files.values()))
    if size > MOST_BYTES:
        raise NotReadError(TOO_MUCH.format(size=size))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "workers.gate.duplicates.child",  # -I: no repository's folder
        stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, start_new_session=True,
    )  # fmt: skip
    try:
        return await _answer(process, Work(files=dict(files), cpu_s=CPU_S, memory_mb=MEMORY_MB))
    finally:
        await _end(process)


async def _answer(process: Process, work: Work) -> dict[str, Sketch]:
    try:
        async with asyncio.timeout(SECONDS):
            said, _ = await process.communicate(msgspec.msgpack.encode(work))
    except TimeoutError as error:
        raise NotReadError(TOO_LONG) from error
    if process.returncode != 0:
        raise NotReadError(ENDED.format(code=process.returncode))
    return msgspec.msgpack.decode(said, type=dict[str, Sketch])


async def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
