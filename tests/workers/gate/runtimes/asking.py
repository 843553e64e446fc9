"""Asks the real uv, as the sandbox would: in a process of its own, with a few variables only."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from core.gate.tools import CACHE, PYTHON, TOOL, ToolCommand
from workers.gate.runtimes.plan import UvAnswers

NO_INDEX = {"UV_INDEX_URL": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}  # nobody listens


def index_environment() -> dict[str, str]:
    """Where this machine has its packages from, and whom it trusts."""
    return {
        name: value for name, value in os.environ.items() if name.startswith(("UV_", "SSL_CERT_"))
    }


def ask(command: ToolCommand, folder: Path, env: dict[str, str] | None = None) -> UvAnswers:
    meanings = {PYTHON: sys.executable, TOOL: str(folder), CACHE: str(folder / "cache")}
    for name, data in command.files.items():
        (folder / name).write_bytes(data)
    argv = list(command.argv)
    for word, meaning in meanings.items():
        argv = [part.replace(word, meaning) for part in argv]
    environment = {"PATH": os.defpath, "HOME": str(folder), **index_environment(), **(env or {})}
    ended = subprocess.run(argv, env=environment, capture_output=True, check=True, cwd=folder)
    return msgspec.json.decode(ended.stdout, type=UvAnswers)
