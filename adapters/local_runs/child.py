"""Runs one program: its output goes to a sink, and it is ended when the watcher gives a reason."""

import os
import selectors
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Final

import msgspec

from adapters.local_runs import processes

LOOK_EVERY_S: Final = 0.2
BLOCK: Final = 65536
LARGEST_ANSWER: Final = 1 << 20
ANSWER: Final = "{answer}"  # in a command: the path to write the answer to

Sink = Callable[[bytes], None]
Watcher = Callable[[float], str]  # seconds so far -> why it has to end; "" while all is well


class ChildCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A program to run in ``folder``; ``env`` holds all the variables that it gets."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    folder: str


class ChildEnded(msgspec.Struct, frozen=True, kw_only=True):
    """How a program ended; ``reason`` says why we ended it, "" when it ended by itself.

    ``answer`` is what it wrote to the pipe of ANSWER, and ``code`` is negative for a signal.
    """

    code: int
    seconds: float
    reason: str = ""
    answer: bytes = b""


def run(command: ChildCommand, sink: Sink, watcher: Watcher) -> ChildEnded:
    """Run the program to its end, and end all processes that it has started."""
    reads, writes = os.pipe()
    began = time.monotonic()
    argv = [part.replace(ANSWER, f"/dev/fd/{writes}") for part in command.argv]
    try:
        with subprocess.Popen(  # noqa: S603 (the argv is ours, and goes through no shell)
            argv,
            env=dict(command.env),
            cwd=Path(command.folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            pass_fds=(writes,),
            start_new_session=True,
            preexec_fn=processes.limits(),  # noqa: PLW1509 (the supervisor has one thread)
        ) as process:
            os.close(writes)
            return _attend(process, reads, sink, lambda: watcher(time.monotonic() - began), began)
    finally:
        os.close(reads)


def _attend(
    process: subprocess.Popen[bytes], reads: int, sink: Sink, why: Callable[[], str], began: float
) -> ChildEnded:
    output = process.stdout
    assert output is not None
    pipes = _Pipes(output, reads, sink)
    reason, next_look = "", time.monotonic()
    while not reason and process.poll() is None:
        pipes.pump(LOOK_EVERY_S)
        if time.monotonic() >= next_look:
            reason = why()
            next_look = time.monotonic() + LOOK_EVERY_S
    processes.end_descendants()
    code = process.wait()
    pipes.drain()
    seconds = time.monotonic() - began
    return ChildEnded(code=code, seconds=seconds, reason=reason, answer=bytes(pipes.answer))


class _Pipes:
    def __init__(self, output: IO[bytes], reads: int, sink: Sink) -> None:
        self.answer = bytearray()
        self._selector = selectors.DefaultSelector()
        for descriptor, to in ((output.fileno(), sink), (reads, self._keep)):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, to)

    def pump(self, timeout_s: float) -> int:
        """Hand on what has come, and return how many bytes it was."""
        count = 0
        for key, _ in self._selector.select(timeout_s):
            data = os.read(key.fd, BLOCK)
            if not data:
                self._selector.unregister(key.fd)
            key.data(data)
            count += len(data)
        return count

    def drain(self) -> None:
        """Hand on what is left in the pipes; nobody writes any more."""
        while self._selector.get_map() and self.pump(0):
            pass
        self._selector.close()

    def _keep(self, data: bytes) -> None:
        if len(self.answer) + len(data) <= LARGEST_ANSWER:
            self.answer += data
