"""The gate as one machine runs it: sandbox, environments, tools and caches, built once."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from adapters.local_runs.model_environments import LocalModelEnvironments
from adapters.sandbox import probe
from core.ports.sandbox import Sandbox
from sluss.home.settings import tool_environment
from workers.gate.gate import Gate
from workers.gate.tools import GateTools, Keep

KEPT_ANSWERS: Final = "gate_cache"  # those of a server, whose reports are kept as evidence
ANSWERS: Final = "check_cache"
TOOL_CACHE: Final = "tool_cache"


def server_gate(home: Path, index_env: Mapping[str, str], keep: Keep) -> Gate:
    """For pushed commits; ``keep`` takes what the tools wrote."""
    return Gate(_tools(home, index_env, keep), cache=home / KEPT_ANSWERS)


def local_gate(home: Path | None) -> Gate:
    """For a folder; without a home its answers are kept where the user keeps caches."""
    folder = home or user_cache()
    return Gate(_tools(folder, tool_environment(os.environ), None), cache=folder / ANSWERS)


def user_cache() -> Path:
    """The folder of the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "sluss"


def _tools(folder: Path, index_env: Mapping[str, str], keep: Keep | None) -> GateTools:
    uv = str(Path(sys.executable).parent / "uv")
    return GateTools(
        sandbox=_OneSandbox().found,
        environments=LocalModelEnvironments(
            folder, uv=uv, python=sys.executable, index_env=index_env
        ),
        keep=keep,
        cache=str(folder / TOOL_CACHE),
        network_env=index_env,
    )


class _OneSandbox:
    """Finding out what the machine allows takes a moment: once, and only when a tool runs."""

    def __init__(self) -> None:
        self._sandbox: Sandbox | None = None
        self._turn = asyncio.Lock()

    async def found(self) -> Sandbox:
        async with self._turn:
            if self._sandbox is None:
                self._sandbox = await probe()
            return self._sandbox
