"""The worker's side of a run: it gives the warden its order, and reads what the process writes."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final

import msgspec

from adapters.sandbox.warden.order import WardenOrder, WardenVerdict, verdict_from
from core.gate.tools import Stopped

ROOT: Final = str(Path(__file__).parents[2])
# Empty modules stand in for the packages above the warden: what those import is slow, and under
# ``-S`` it is not there.
BOOT: Final = """
import sys
root = sys.argv.pop(1)
for name in ("adapters", "adapters.sandbox"):
    sys.modules[name] = package = type(sys)(name)
    package.__path__ = [f"{root}/{name.replace('.', '/')}"]
from adapters.sandbox.warden.{module} import main
main(*sys.argv[1:])
"""
BLOCK: Final = 64 * 1024
END_S: Final = 10.0  # the warden ends everything within five
KILLED: Final = -9

TOO_MUCH: Final = "wrote more than {output_mb} MB"
WARDEN_GONE: Final = "the process that watched it was ended"


class HeardOutput(msgspec.Struct, frozen=True):
    """What a process has written, and how it ended.

    Unless ``is_whole``, the warden was ended first, and processes of the run may still be there.
    """

    verdict: WardenVerdict
    stdout: bytes
    stderr: bytes
    is_whole: bool = True


async def converse(order: WardenOrder, output_mb: int) -> HeardOutput:
    """Run the order to its end. ``output_mb`` bounds each of the two outputs.

    Cancelling closes the warden's input, which tells it to end everything.
    """
    reads, writes = os.pipe()
    try:
        warden = await _start(writes)
    except BaseException:
        os.close(reads)
        raise
    finally:
        os.close(writes)
    conversation = _Conversation(warden, order, output_mb)
    try:
        return await conversation.listen(reads)
    finally:
        await conversation.end()


def warden_argv(module: str, *arguments: str) -> list[str]:
    """Return the command that starts ``main`` of a module of the warden."""
    boot = BOOT.replace("{module}", module)
    return [sys.executable, "-I", "-S", "-c", boot, ROOT, *arguments]


async def _start(writes: int) -> Process:
    return await asyncio.create_subprocess_exec(
        *warden_argv("warden", str(writes)),
        stdin=PIPE, stdout=PIPE, stderr=PIPE, env={}, pass_fds=(writes,), start_new_session=True,
    )  # fmt: skip


def _verdict(answer: bytes) -> WardenVerdict:
    """Take an unreadable answer for a killed warden: without walls, code may forge or kill."""
    try:
        return verdict_from(answer)
    except ValueError:
        return WardenVerdict(KILLED, 0, "", WARDEN_GONE)


class _Conversation:
    def __init__(self, warden: Process, order: WardenOrder, output_mb: int) -> None:
        assert warden.stdin is not None
        assert warden.stdout is not None
        assert warden.stderr is not None
        self._warden = warden
        self._order = order
        self._output_mb = output_mb
        self._most = output_mb * 1024 * 1024
        self._stdin = warden.stdin
        self._said = bytearray()
        self._errors = bytearray()
        self._readers = (
            asyncio.create_task(self._read(warden.stdout, self._said)),
            asyncio.create_task(self._read(warden.stderr, self._errors)),
        )

    async def listen(self, reads: int) -> HeardOutput:
        """The pipes end soon after the verdict, unless a process got away from the warden."""
        self._stdin.write(self._order.encode())
        answer = await self._answer(reads)
        await asyncio.wait(self._readers, timeout=1 if answer else 0)
        verdict = _verdict(answer)
        if max(len(self._said), len(self._errors)) > self._most:
            note = TOO_MUCH.format(output_mb=self._output_mb)
            verdict = WardenVerdict(KILLED, verdict.seconds, Stopped.OUTPUT, note)
        said, errors = bytes(self._said[: self._most]), bytes(self._errors[: self._most])
        return HeardOutput(verdict, said, errors, verdict.note != WARDEN_GONE)

    async def _answer(self, descriptor: int) -> bytes:
        """Return the verdict, b"" when none comes in time; the descriptor is closed."""
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
        )
        try:
            return await asyncio.wait_for(reader.read(BLOCK), self._order.seconds + END_S)
        except TimeoutError:
            return b""
        finally:
            transport.close()

    async def _read(self, stream: asyncio.StreamReader, into: bytearray) -> None:
        """Read to the end, also beyond the limit, so that no process waits at a full pipe."""
        while block := await stream.read(BLOCK):
            if len(into) <= self._most:
                into += block
            else:
                self._stdin.close()

    async def end(self) -> None:
        self._stdin.close()
        ended = asyncio.create_task(self._warden.wait())
        await asyncio.wait((ended, *self._readers), timeout=END_S)
        for task in (ended, *self._readers):
            task.cancel()
        if self._warden.returncode is None:
            self._warden.kill()
