"""The gate as one machine runs it: sandbox, environments, tools and caches, built once."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from adapters.local_runs.model_environments import LocalModelEnvironments
from adapters.sandbox import probe
from core.ports.sandbox import FindSandbox, Sandbox
from sluss.home.settings import tool_environment
from workers.gate.gate import Gate
from workers.gate.tools import GateTools, Keep

KEPT_ANSWERS: Final = "gate_cache"  # those of a server, whose reports are kept as evidence
ANSWERS: Final = "check_cache"
TOOL_CACHE: Final = "tool_cache"


class OneSandbox:
    """Finding out what the machine allows takes a moment: once, and only when something runs.

    Its long runs are kept in ``home``. The gate and the local runs are given the same one.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._sandbox: Sandbox | None = None
        self._turn = asyncio.Lock()

    async def found(self) -> Sandbox:
        async with self._turn:
            if self._sandbox is None:
                self._sandbox = await probe(home=self._home)
            return self._sandbox


def server_gate(
    home: Path, index_env: Mapping[str, str], keep: Keep, find_sandbox: FindSandbox
) -> Gate:
    """For pushed commits; ``keep`` takes what the tools wrote."""
    return Gate(_tools(home, index_env, keep, find_sandbox), cache=home / KEPT_ANSWERS)


def local_gate(home: Path | None) -> Gate:
    """For a folder; without a home its answers are kept where the user keeps caches."""
    folder = home or user_cache()
    tools = _tools(folder, tool_environment(os.environ), None, OneSandbox(folder).found)
    return Gate(tools, cache=folder / ANSWERS)


def user_cache() -> Path:
    """The folder of the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "sluss"


def _tools(
    folder: Path, index_env: Mapping[str, str], keep: Keep | None, find_sandbox: FindSandbox
) -> GateTools:
    uv = str(Path(sys.executable).parent / "uv")
    return GateTools(
        sandbox=find_sandbox,
        environments=LocalModelEnvironments(
            folder, uv=uv, python=sys.executable, index_env=index_env
        ),
        keep=keep,
        cache=str(folder / TOOL_CACHE),
        network_env=index_env,
    )
