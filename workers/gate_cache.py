"""Keeps what a check said about the same files under the same facts."""

import contextlib
import hashlib
import os
from pathlib import Path

import msgspec

from core.checks import Check, CheckResult, Facts, ModelRepo, Status


def digest_of(repo: ModelRepo, facts: Facts) -> str:
    """SHA-256 over every path, content and link, and over what the checks may know."""
    total = hashlib.sha256(msgspec.json.encode(facts, order="deterministic"))
    for path, data in sorted(repo.files.items()):
        total.update(f"\nfile {len(path)} {path} ".encode("utf-8", "surrogateescape"))
        total.update(hashlib.sha256(data).digest())
    for path, target in sorted(repo.links.items()):
        line = f"\nlink {len(path)} {path} {len(target)} {target}"
        total.update(line.encode("utf-8", "surrogateescape"))
    return total.hexdigest()


class GateCache:
    """One small file per check and content; without a folder nothing is kept."""

    def __init__(self, folder: Path | None, content: str) -> None:
        self._folder = folder
        self._content = content

    def find(self, check: Check) -> CheckResult | None:
        if self._folder is None:
            return None
        try:
            return msgspec.json.decode(self._path(check).read_bytes(), type=CheckResult)
        except (OSError, msgspec.MsgspecError):  # absent, or half of a file after a crash
            return None

    def keep(self, check: Check, result: CheckResult) -> None:
        """What could not run is never kept: the next try may be luckier. A full disk is no harm."""
        if self._folder is None or result.status is Status.COULD_NOT_RUN:
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._path(check)
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_bytes(msgspec.json.encode(result))
            draft.replace(path)

    def _path(self, check: Check) -> Path:
        assert self._folder is not None
        key = hashlib.sha256(f"{check.id}/{check.version}/{self._content}".encode())
        return self._folder / f"{check.id}-{key.hexdigest()[:40]}.json"
