"""The input and output of the scanning process; the output never holds any part of a secret."""

import hashlib
from typing import Final

import msgspec

from core.gate.facts import PastFile

MOST_SECRETS: Final = 500
FINGERPRINT: Final = 12  # This many hexadecimal digits tell the secrets of one repository apart.


class ScanTask(msgspec.Struct, frozen=True, kw_only=True):
    """What to scan; ``baseline`` is a path, and after ``seconds`` the scan stops and says so."""

    baseline: str
    has_entropy: bool = False
    history: tuple[PastFile, ...] = ()
    seconds: float = 45.0


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret, by the start of its value's SHA-256; only the history has one with a ``commit``."""

    path: str
    line: int
    kind: str
    fingerprint: str
    commit: str = ""
    is_accepted: bool = False  # The baseline accepts it.
    key: str = ""  # the hash by which the baseline accepts it
    is_allowed: bool = False  # A comment at its line allows it.


class SecretReport(msgspec.Struct, frozen=True, kw_only=True):
    """The result; ``binary`` and ``large`` files are left out by rule, ``unread`` ones for time."""

    secrets: tuple[Secret, ...] = ()
    left_out: int = 0  # The number of secrets beyond the most that are told.
    files: int = 0
    binary: int = 0
    large: tuple[str, ...] = ()
    unread: int = 0
    stale: tuple[str, ...] = ()  # The places that the baseline accepts and that are gone.
    problem: str = ""  # What is wrong with the baseline.


def fingerprint(value: str) -> str:
    """Return the start of the SHA-256, which names a secret without revealing it."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:FINGERPRINT]
