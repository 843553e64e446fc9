"""What goes into the process that scans and what comes out: never a secret, nor a part of one."""

import hashlib
from typing import Final

import msgspec

from core.gate.facts import PastFile

MOST_SECRETS: Final = 500
FINGERPRINT: Final = 12  # hexadecimal digits: enough to name one of a repository's secrets


class ScanTask(msgspec.Struct, frozen=True, kw_only=True):
    """``baseline`` is the path of the accepted ones; ``seconds``: then it stops and says so."""

    baseline: str
    has_entropy: bool = False
    history: tuple[PastFile, ...] = ()
    seconds: float = 45.0


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """``fingerprint`` is the beginning of the value's SHA-256. ``commit``: only in the history."""

    path: str
    line: int
    kind: str
    fingerprint: str
    commit: str = ""
    is_accepted: bool = False  # by the baseline
    is_allowed: bool = False  # by a comment at its line


class SecretReport(msgspec.Struct, frozen=True, kw_only=True):
    """``binary`` and ``large`` files were passed over by rule, ``unread`` ones for lack of time."""

    secrets: tuple[Secret, ...] = ()
    left_out: int = 0  # of the secrets, over the most that are told
    files: int = 0
    binary: int = 0
    large: tuple[str, ...] = ()
    unread: int = 0
    stale: tuple[str, ...] = ()  # places that the baseline accepts and that are gone
    problem: str = ""  # with the baseline


def fingerprint(value: str) -> str:
    """Names a secret without telling anything of it."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:FINGERPRINT]
