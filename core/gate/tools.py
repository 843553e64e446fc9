"""What a check runs as a process of its own, and what came back: the sandbox knows no more."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

PYTHON: Final = "{python}"  # our interpreter, with the tools that Sluss brings
BIN: Final = "{bin}"  # the folder of those tools' own programs
MODEL_PYTHON: Final = "{model_python}"  # the interpreter of the model's own environment
TEST_TOOLS: Final = "{test_tools}"  # a folder with pytest and coverage, for the end of sys.path
REPO: Final = "{repo}"  # the repository's files, which is the working folder
OUT: Final = "{out}"  # an empty folder that takes results
TOOL: Final = "{tool}"  # our own files, which the process cannot change
CACHE: Final = "{cache}"  # kept from run to run; only where the repository's code does not run


class Level(StrEnum):
    """How a process was shut in, the strongest first."""

    BUBBLEWRAP = "bubblewrap"
    NAMESPACES = "namespaces"
    LIMITS = "limits"


STRENGTH: Final = (Level.LIMITS, Level.NAMESPACES, Level.BUBBLEWRAP)


def is_weaker(has: Level, wants: Level) -> bool:
    return STRENGTH.index(has) < STRENGTH.index(wants)


class Stopped(StrEnum):
    """Why the sandbox ended a process before it was done."""

    NO = ""
    TIME = "time"
    CPU = "cpu"  # long runs alone have this limit
    MEMORY = "memory"
    PROCESSES = "processes"
    OUTPUT = "output"
    DISK = "disk"


class ToolCommand(msgspec.Struct, frozen=True, kw_only=True):
    """``argv`` and ``env`` may hold the words in braces above, which the sandbox fills in.

    ``files`` go into the tool folder; ``collects`` are read back from the out folder where they
    are there. ``runs_code``: the repository's own code runs. ``has_network`` goes with code of
    ours only. ``quotes`` are the fields of its JSON report that quote sources: they are not kept,
    as a line may hold a secret. ``gives_way``: others are waited for longer, and the cores are
    theirs first.
    """

    argv: tuple[str, ...]
    stdin: bytes = b""
    env: Mapping[str, str] = {}
    files: Mapping[str, bytes] = {}
    collects: tuple[str, ...] = ()
    runs_code: bool = False
    has_network: bool = False
    needs_environment: bool = False
    gives_way: bool = False
    seconds: float = 60.0
    memory_mb: int = 1024
    quotes: tuple[str, ...] = ()
    output_mb: int = 8  # of stdout, of stderr, and of each collected file


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """``code`` is negative for a signal. ``notes`` say what the sandbox held back, in words."""

    code: int
    stdout: bytes = b""
    stderr: bytes = b""
    files: Mapping[str, bytes] = {}
    stopped: Stopped = Stopped.NO
    level: Level = Level.LIMITS
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
