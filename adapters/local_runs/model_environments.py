"""The environments of models and of their tests; implements ``core.ports.ModelEnvironments``.

They are those that the runs on this machine use, so that one build serves both. Each is built in a
process of its own, which outlives a killed worker and may be ended at any time:

    python -P -s -m adapters.local_runs.model_environments

Its order comes on standard input, and later END when nobody wants it any more. Where the input is
closed without END, the worker was killed: the build goes on, and the next worker waits for it.
"""

import asyncio
import contextlib
import os
import select
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from adapters.local_runs import processes
from adapters.local_runs.child_environment import of_uv
from adapters.local_runs.environments import Environments, Tools
from adapters.local_runs.requirements import requirements
from core.errors import StepFailedError
from core.scrub import scrub

ROOT: Final = Path(__file__).parents[2]
TEST_TOOLS: Final = ("pytest>=8.3,<10", "coverage>=7,<8")
LIMIT_S: Final = 1800.0
END_S: Final = 10.0

BROKEN_OFF: Final = "Building the environment broke off. Nothing was run; try again, or tell GBI."
END: Final = b"end\n"
NOT_WANTED: Final = "cancelled"
TOO_LONG: Final = (
    "Building the environment took longer than {limit:.0f} s. Nothing was run; try again, or ask "
    "for fewer packages."
)


class BuildOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What to build: an environment with an interpreter, or if ``is_folder`` one for sys.path."""

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
    """One of three is set: how far the build is, where the result is, or why there is none."""

    note: str = ""
    place: str = ""
    problem: str = ""


class LocalModelEnvironments:
    """``uv`` and ``python`` are paths; ``index_env`` are variables that only uv gets."""

    def __init__(
        self,
        home: Path,
        *,
        uv: str,
        python: str,
        index_env: Mapping[str, str],
        limit_s: float = LIMIT_S,
    ) -> None:
        self._folder = home.resolve() / "environments"
        self._tools = Tools(uv=uv, python=python, env=of_uv(index_env))
        self._limit_s = limit_s

    async def python(
        self, name: str, text: str, tell: Callable[[str], None], hosts: Collection[str] = ()
    ) -> str:
        wanted = await asyncio.to_thread(requirements, name, text, hosts)
        return await self._have(self._order(wanted, is_folder=False, hosts=tuple(hosts)), tell)

    async def test_tools(self) -> str:
        return await self._have(self._order(TEST_TOOLS, is_folder=True), lambda _: None)

    def _order(
        self, wanted: tuple[str, ...], *, is_folder: bool, hosts: tuple[str, ...] = ()
    ) -> BuildOrder:
        return BuildOrder(
            folder=str(self._folder),
            tools=msgspec.structs.replace(self._tools, hosts=hosts),
            wanted=wanted,
            is_folder=is_folder,
            limit_s=self._limit_s,
        )

    async def _have(self, order: BuildOrder, tell: Callable[[str], None]) -> str:
        found = await asyncio.to_thread(order.find)
        if found is not None:
            return str(found)
        builder = await _start()
        try:
            return await _follow(builder, order, tell)
        finally:
            await _end(builder)


async def _start() -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-s", "-m", "adapters.local_runs.model_environments",
        stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


async def _follow(builder: Process, order: BuildOrder, tell: Callable[[str], None]) -> str:
    """Send the order and return the place. It may hold a password, so no command line has it."""
    assert builder.stdin is not None
    assert builder.stdout is not None
    builder.stdin.write(msgspec.json.encode(order) + b"\n")
    async for line in builder.stdout:
        progress = msgspec.json.decode(line, type=Progress)
        if progress.problem:
            raise StepFailedError(scrub(progress.problem, ()))
        if progress.place:
            return progress.place
        tell(progress.note)
    raise StepFailedError(BROKEN_OFF)


async def _end(builder: Process) -> None:
    """Ask the builder to end, and kill it after END_S; uv ends with it in both cases."""
    assert builder.stdin is not None
    builder.stdin.write(END)
    builder.stdin.close()
    try:
        await asyncio.wait_for(builder.wait(), END_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            builder.kill()
        await builder.wait()


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
    """Gives the reason why a build has to end, "" while there is none; it is called often."""

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
    """Drop what uv prints: ``UvOutput`` has its own copy for the reason of a failure."""


def _say(progress: Progress) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more
        os.write(1, msgspec.json.encode(progress) + b"\n")


if __name__ == "__main__":
    main()
