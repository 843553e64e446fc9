"""What runs a repository's code for the gate: a sandbox, and the model's own environment."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from core.gate.checks import ModelRepo
from core.gate.tools import Command, Level, Output


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where on this machine the things lie that a command names; "" for what it does not need."""

    model_python: str = ""  # the interpreter of the model's environment
    test_tools: str = ""  # a folder with pytest and coverage
    cache: str = ""  # a folder that is kept


class Sandbox(Protocol):
    @property
    def level(self) -> Level:
        """How strongly this machine can shut a process in; found out once, at the start."""

    async def run(self, command: Command, repo: ModelRepo, places: Places) -> Output:
        """Run it on a fresh copy of the files; it never raises for what the process does.

        Cancelling ends every process of it.
        """


class ModelEnvironments(Protocol):
    async def python(self, name: str, text: str, tell: Callable[[str], None]) -> str:
        """The interpreter of the environment that a file (its name and text) asks for.

        Raise StepFailedError, in words for who wrote the file, when it cannot be had.
        """

    async def test_tools(self) -> str:
        """A folder with pytest and coverage for that interpreter's version, and nothing else."""
