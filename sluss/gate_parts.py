"""The gate as one machine runs it: sandbox, environments, tools and caches, built once."""

import os
from pathlib import Path
from typing import Final

from workers.gate import Gate

ANSWERS: Final = "check_cache"


async def local_gate(home: Path | None) -> Gate:
    """For a folder; without a home its answers are kept where the user keeps caches."""
    return Gate(cache=(home or user_cache()) / ANSWERS)


def user_cache() -> Path:
    """The folder of the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "sluss"
