"""What runs code that nobody trusts: a sandbox, and the environment that a model asks for."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from core.gate.checks import ModelRepo
from core.gate.tools import Level, Output, Stopped, ToolCommand

WAY: Final = "{way}"  # host and port of the one address that a long run may reach
LOG_BLOCK_BYTES: Final = 256 * 1024  # the most that one look into a log gives


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where on this machine the things lie that a command names; "" for what it does not need."""

    model_python: str = ""  # the interpreter of the model's environment
    test_tools: str = ""  # a folder with pytest and coverage
    cache: str = ""  # a folder that is kept


class LongOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A long run is asked for with this: what it starts, what it sees, and how much it may take.

    ``argv`` and ``env`` may hold ``WAY`` and the words in braces of core/gate/tools.py, but for
    TEST_TOOLS and CACHE. ``files`` are in the working folder and ``tools`` in the tool folder. It
    may write to its out folder, and to a home and a temporary folder that go with it; to nothing
    else behind walls. ``reads`` are absolute paths of this machine, files or folders, that it sees
    at their own place and cannot change: data, an environment. No network is there but ``WAY``:
    what connects to it reaches ``way``, the address of a proxy of ours as ``host:port`` of this
    machine or the path of a Unix socket, which another process may take over while it runs.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = {}  # all that it gets, beside PATH, LANG, HOME and TMPDIR
    stdin: bytes = b""
    files: Mapping[str, bytes] = {}
    tools: Mapping[str, bytes] = {}
    reads: tuple[str, ...] = ()
    model_python: str = ""  # the interpreter of an environment, which it sees whole
    way: str = ""  # "" for none
    gives_way: bool = True  # others have the cores first
    seconds: float
    memory_mb: int
    cpu_s: float = 0.0  # of all its processes together; 0 for no limit but that of the time
    disk_mb: int = 2048  # of all that it writes
    processes: int = 128
    threads: int = 1024  # of all its processes together
    log_mb: int = 10  # of what it says


class LongState(StrEnum):
    """What became of a long run. All but ``RUNNING`` are for ever."""

    RUNNING = "running"
    ENDED = "ended"  # by itself: its code says how
    LIMITED = "limited"  # it went too far, and the sandbox ended it
    CANCELLED = "cancelled"  # ``end`` was called
    INTERRUPTED = "interrupted"  # a signal from outside ended it: this machine stops, or is full
    LOST = "lost"  # nothing of it runs, and nobody saw its end: a restart of the machine


class LongLook(msgspec.Struct, frozen=True, kw_only=True):
    """How a long run is, or what became of it.

    ``code`` is negative for a signal. ``note`` says in words why it was ended, and what it left.
    ``INTERRUPTED`` and ``LOST`` are no fault of the run and may be started again, a few times: code
    can send itself a signal, too, and that looks the same from outside.
    """

    state: LongState
    code: int = 0
    stopped: Stopped = Stopped.NO  # which limit, where it was ``LIMITED``
    note: str = ""
    seconds: float = 0.0  # it has run for
    level: Level = Level.LIMITS
    out: str = ""  # its out folder on this machine: hostile, any name in it may lead elsewhere


class Sandbox(Protocol):
    """Shuts in what it runs, as strongly as this machine can.

    A long run is known by its key, any text. It outlives whoever started it, and a later process
    of the same home finds it again; its limits hold without us. What fails for want of room or
    rights on this machine raises OSError, and nothing was started then.
    """

    @property
    def level(self) -> Level:
        """How strongly this machine can shut a process in; found out once, at the start."""

    async def run(self, command: ToolCommand, repo: ModelRepo, places: Places) -> Output:
        """Run it on a fresh copy of the files; it never raises for what the process does.

        Cancelling ends every process of it.
        """

    async def start(self, key: str, order: LongOrder) -> None:
        """Start a long run, or find the one of that key, whatever became of it.

        However many processes start one key at once, there is one run. Raise ValueError for an
        order that names a place which is not there or is not absolute.
        """

    async def look(self, key: str) -> LongLook:
        """Say how it is. Raise UnknownNameError when no run of that key was started."""

    async def log(self, key: str, offset: int = 0) -> bytes:
        """Return what it has said from that byte on, LOG_BLOCK_BYTES at most; b"" at its end.

        Raise UnknownNameError when no run of that key was started.
        """

    async def result(self, key: str, name: str, most_bytes: int) -> bytes | None:
        """Return a plain file of its out folder, cut one byte above the limit; None without one.

        No link is followed. Raise UnknownNameError when no run of that key was started.
        """

    async def end(self, key: str) -> None:
        """End every process of it, and return when none is left; nothing to do is fine."""

    async def forget(self, key: str) -> None:
        """End it, and remove all that is kept of it; afterwards the key is free again."""


FindSandbox = Callable[[], Awaitable[Sandbox]]  # asked when it is needed: finding out takes time


class ModelEnvironments(Protocol):
    async def python(
        self, name: str, text: str, tell: Callable[[str], None], hosts: Collection[str] = ()
    ) -> str:
        """The interpreter of the environment that a file (its name and text) asks for.

        A wheel's address may be on ``hosts`` only.

        Raise StepFailedError, in words for who wrote the file, when it cannot be had.
        """

    async def test_tools(self) -> str:
        """A folder with pytest and coverage for that interpreter's version, and nothing else."""
