"""Accepts a false alarm: its hash goes into the repository's baseline, for a reviewer to see."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from detect_secrets.core.potential_secret import PotentialSecret

from workers.gate.secret_scan import baseline
from workers.gate.secret_scan.scan import fingerprint, text_of
from workers.gate.secret_scan.scanner import Scanner

NOT_FOUND: Final = "{where} holds nothing with the fingerprint {wanted}; nothing was written"
NO_FILE: Final = "{where} cannot be read; nothing was written"


def accept(file: Path, where: str, wanted: str) -> str:
    """``where`` is a path, or ``<commit>:<path>`` for the history. What went wrong, or ""."""
    data = _read(where)
    if data is None:
        return NO_FILE.format(where=where)
    path = where.rpartition(":")[2]
    found = list(_with(wanted, text_of(data) or "", path))
    if not found:
        return NOT_FOUND.format(where=where, wanted=wanted)
    baseline.add(file, found)
    return ""


def _read(where: str) -> bytes | None:
    if Path(where).is_file():
        return Path(where).read_bytes()
    shown = subprocess.run(  # noqa: S603 - the person's own git, on their own checkout
        ["git", "show", "--end-of-options", where],  # noqa: S607
        capture_output=True,
        check=False,
    )
    return shown.stdout if shown.returncode == 0 else None


def _with(wanted: str, text: str, path: str) -> Iterator[PotentialSecret]:
    for found in Scanner(has_entropy=True).scan(text, path):
        if fingerprint(found.value) == wanted:
            yield PotentialSecret(found.kind, path, found.value, found.line)
