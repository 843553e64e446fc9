"""Reads the baseline, the list of accepted secrets by hash, and adds an entry to it."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from detect_secrets.core import baseline as theirs
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.secrets_collection import SecretsCollection

from core.errors import DECODE_ERRORS
from workers.gate.secret_scan.report import fingerprint
from workers.gate.secret_scan.scanner import Scanner
from workers.gate.secret_scan.text import text_of

LARGEST: Final = 5_000_000  # bytes

NOT_FOUND: Final = "{where} holds nothing with the fingerprint {wanted}; nothing was written"
NO_FILE: Final = "{where} cannot be read; nothing was written"
UNREADABLE: Final = "{path} is no baseline of detect-secrets: nothing is accepted by it"


class AcceptedSecret(msgspec.Struct, frozen=True):
    """An entry; ``is_secret`` is a reviewer's verdict, and a true one stays a finding."""

    hashed_secret: str
    line_number: int = 0
    is_secret: bool | None = None


class _File(msgspec.Struct, frozen=True):
    results: dict[str, list[AcceptedSecret]]


class Baseline:
    """Answers whether a secret is accepted, and remembers which entries were used."""

    def __init__(self, entries: Mapping[str, list[AcceptedSecret]]) -> None:
        self._entries = {
            (path, entry.hashed_secret): entry
            for path, listed in entries.items()
            for entry in listed
            if entry.is_secret is not True
        }
        self._used: set[tuple[str, str]] = set()

    def accepts(self, path: str, value: str) -> str:
        """Return the hash by which a secret is accepted, or ""."""
        hashed = PotentialSecret.hash_secret(value)
        if (path, hashed) not in self._entries:
            return ""
        self._used.add((path, hashed))
        return hashed

    def stale(self, scanned: set[str]) -> tuple[str, ...]:
        """Return the unused entries of scanned files; others may belong to the history."""
        left = sorted(key for key in self._entries if key not in self._used and key[0] in scanned)
        return tuple(f"{path}:{self._entries[path, hashed].line_number}" for path, hashed in left)


def read(root: Path, name: str) -> tuple[Baseline, str]:
    """Read the baseline; return it with what is wrong with its file, or ""."""
    path = root / name
    if path.is_symlink() or not path.is_file():
        return Baseline({}), ""
    if path.stat().st_size > LARGEST:
        return Baseline({}), UNREADABLE.format(path=name)
    try:
        return Baseline(msgspec.json.decode(path.read_bytes(), type=_File).results), ""
    except DECODE_ERRORS:
        return Baseline({}), UNREADABLE.format(path=name)


def accept(file: Path, where: str, wanted: str) -> str:
    """Accept the secret of this fingerprint; return what went wrong, or "".

    ``where`` is a path, or ``<commit>:<path>`` for a secret in the history.
    """
    data = _read(where)
    if data is None:
        return NO_FILE.format(where=where)
    path = where.rpartition(":")[2]
    found = list(_with(wanted, text_of(data) or "", path))
    if not found:
        return NOT_FOUND.format(where=where, wanted=wanted)
    _add(file, found)
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


def _add(file: Path, accepted: list[PotentialSecret]) -> None:
    """Write the secrets into the baseline, and create the file when it is missing."""
    known: dict[str, Any] = (
        theirs.load_from_file(str(file))
        if file.exists()
        else dict(theirs.format_for_output(SecretsCollection()))
    )
    for secret in accepted:
        listed = known["results"].setdefault(secret.filename, [])
        hashes = [entry.get("hashed_secret") for entry in listed]
        if secret.secret_hash not in hashes:
            listed.append({**secret.json(), "is_secret": False})
    theirs.save_to_file(known, str(file))
