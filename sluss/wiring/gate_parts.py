"""Builds the gate as one machine runs it, with sandbox, environments, tools and caches."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from adapters.local_runs.model_environments import LocalModelEnvironments
from adapters.sandbox import OneSandbox
from core.ports.sandbox import FindSandbox
from sluss.home.environment import named_folder, tool_environment
from workers.gate.gate import Gate
from workers.gate.tools import GateTools, Keep

# A server's answers are kept apart, since they name reports in the evidence.
KEPT_ANSWERS: Final = "gate_cache"
ANSWERS: Final = "check_cache"
TOOL_CACHE: Final = "tool_cache"


def server_gate(
    home: Path, index_env: Mapping[str, str], keep: Keep, find_sandbox: FindSandbox
) -> Gate:
    """Build the gate for pushed commits; ``keep`` stores what the tools wrote as evidence."""
    return Gate(_tools(home, index_env, keep, find_sandbox), cache=home / KEPT_ANSWERS)


def local_gate(home: Path | None, keep: Keep | None = None) -> Gate:
    """Build the gate for a folder; without a home it caches in the user's cache folder.

    Whoever wants to ``keep`` what the tools wrote gets no answer of before, as that has nothing.
    """
    folder = home or user_cache()
    tools = _tools(folder, tool_environment(os.environ), keep, OneSandbox(folder).found)
    return Gate(tools, cache=None if keep else folder / ANSWERS)


def user_cache() -> Path:
    """Return our folder by the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return named_folder(Path(base if base.startswith("/") else "~/.cache")) / "sluss"


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
