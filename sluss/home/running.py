"""What the servers of a home say of themselves, in a small file for each of their two parts.

A file may be left from a server that was killed: what it says counts only where the server that
answers there has the same identity.
"""

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from core.errors import DECODE_ERRORS

ENDING: Final = "running.json"


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """``health`` is where it tells how it is; ``identity`` is of this one start, and no secret."""

    identity: str
    health: str


def new_identity() -> str:
    return secrets.token_hex(8)


@contextmanager
def told_running(home: Path, parts: Iterable[str], running: Running) -> Iterator[None]:
    """Say that these parts run, for as long as they do. Gateways that share a home: the newest."""
    files = [_file(home, part) for part in parts]
    for file in files:
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        draft.write_bytes(msgspec.json.encode(running))
        draft.replace(file)
    try:
        yield
    finally:
        for file in files:
            if _read(file) == running:
                with contextlib.suppress(OSError):  # The next start says it anew.
                    file.unlink(missing_ok=True)


def who_runs(home: Path, parts: Iterable[str]) -> dict[str, Running]:
    """Return what is told of these parts; of one that was ended in order there is nothing."""
    found = {part: _read(_file(home, part)) for part in parts}
    return {part: running for part, running in found.items() if running is not None}


def _file(home: Path, part: str) -> Path:
    return home / f"{part}.{ENDING}"


def _read(file: Path) -> Running | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Running)
    except (OSError, *DECODE_ERRORS):
        return None
