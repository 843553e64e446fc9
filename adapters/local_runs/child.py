"""Runs one program: its output goes to a sink, and it is ended when the watcher gives a reason."""

import os
import select
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from adapters.local_runs import processes

LOOK_EVERY_S: Final = 0.2
BLOCK: Final = 65536

Sink = Callable[[bytes], None]
Watcher = Callable[[float], str]  # seconds so far -> why it has to end; "" while all is well


class ChildCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A program to run in ``folder``; ``env`` holds all the variables that it gets."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    folder: str


class ChildEnded(msgspec.Struct, frozen=True, kw_only=True):
    """How a program ended; ``reason`` says why we ended it, "" when it ended by itself."""

    code: int
    reason: str = ""


def run(command: ChildCommand, sink: Sink, watcher: Watcher) -> ChildEnded:
    """Run the program to its end, and end all processes that it has started."""
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603 (the argv is ours, and goes through no shell)
        command.argv,
        env=dict(command.env),
        cwd=Path(command.folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        start_new_session=True,
        preexec_fn=processes.limits(),  # noqa: PLW1509 (no thread of ours runs meanwhile)
    ) as process:
        return _attend(process, sink, lambda: watcher(time.monotonic() - began))


def _attend(process: subprocess.Popen[bytes], sink: Sink, why: Callable[[], str]) -> ChildEnded:
    assert process.stdout is not None
    output = process.stdout.fileno()
    os.set_blocking(output, False)
    reason, next_look = "", time.monotonic()
    while not reason and process.poll() is None:
        select.select([output], [], [], LOOK_EVERY_S)
        if not _hand_on(output, sink):
            time.sleep(LOOK_EVERY_S if process.poll() is None else 0)
        if time.monotonic() >= next_look:
            reason = why()
            next_look = time.monotonic() + LOOK_EVERY_S
    processes.end_session(process.pid)
    code = process.wait()
    while _hand_on(output, sink):
        pass
    return ChildEnded(code=code, reason=reason)


def _hand_on(output: int, sink: Sink) -> bool:
    """Hand on one block; return whether there was any."""
    try:
        data = os.read(output, BLOCK)
    except BlockingIOError:
        return False
    if data:
        sink(data)
    return bool(data)
