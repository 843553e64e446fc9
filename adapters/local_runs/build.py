"""The process that builds one environment, and says on standard output how far it is.

    python -P -s -m adapters.local_runs.build

Its order comes on standard input, and later perhaps END. Where that is closed without a word, who
asked was killed: it goes on all the same, for the next one who asks finds the build under its lock.
"""

import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from adapters.local_runs import processes
from adapters.local_runs.environments import Environments, Tools
from core.errors import StepFailedError

END: Final = b"end\n"
NOT_WANTED: Final = "cancelled"
TOO_LONG: Final = (
    "Building the environment took longer than {limit:.0f} s. Nothing was run; try again, or ask "
    "for fewer packages."
)


class BuildOrder(msgspec.Struct, frozen=True, kw_only=True):
    """``is_folder``: packages for sys.path, not an environment with an interpreter."""

    folder: str
    tools: Tools
    wanted: tuple[str, ...]
    is_folder: bool
    limit_s: float

    def find(self) -> Path | None:
        environments = Environments(Path(self.folder), self.tools, watcher=_no_end, sink=_no_words)
        look = environments.find_folder if self.is_folder else environments.find
        return look(self.wanted)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """One of the three: how far it is, where it is, or why there is none."""

    note: str = ""
    place: str = ""
    problem: str = ""


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=BuildOrder)
    processes.adopt_orphans()
    try:
        place = _build(order, lambda note: _say(Progress(note=note)))
    except StepFailedError as error:
        _say(Progress(problem=str(error)))
    else:
        _say(Progress(place=str(place)))


def _build(order: BuildOrder, tell: Callable[[str], None]) -> Path:
    environments = Environments(
        Path(order.folder),
        order.tools,
        watcher=_Watcher(order.limit_s),
        sink=_no_words,
    )
    ensure = environments.ensure_folder if order.is_folder else environments.ensure
    return ensure(order.wanted, tell)


class _Watcher:
    """Says why a build has to end; called again and again."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._is_asked = True

    def __call__(self, seconds: float) -> str:
        if self._is_asked and select.select([0], [], [], 0)[0]:
            if os.read(0, len(END)):
                return NOT_WANTED
            self._is_asked = False
        return TOO_LONG.format(limit=self._limit_s) if seconds > self._limit_s else ""


def _no_end(_seconds: float) -> str:
    return ""


def _no_words(_data: bytes) -> None:
    """What uv says is kept for the reason alone."""


def _say(progress: Progress) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more
        os.write(1, msgspec.json.encode(progress) + b"\n")


if __name__ == "__main__":
    main()
