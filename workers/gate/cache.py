"""Caches the answer of a check, keyed by the files and the facts that the check read."""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from core.errors import DECODE_ERRORS
from core.gate.checks import Check, CheckResult, ModelRepo, Status
from core.gate.facts import CheckFacts

FORM: Final = 2  # The version of the file format: raise it when an older file would be misread.


class Contents:
    """Hashes each file once with SHA-256 and makes from that the cache key of each check."""

    def __init__(self, repo: ModelRepo, facts: CheckFacts) -> None:
        self._repo = repo
        self._facts = facts
        self._digests = {path: hashlib.sha256(data).digest() for path, data in repo.files.items()}
        self._seen: dict[tuple[str, ...], bytes] = {}

    def key(self, check: Check, *, is_preview: bool) -> str:
        about = f"{FORM}/{check.id}/{check.version}/{is_preview}/".encode()
        return hashlib.sha256(about + self._files(check) + self._known(check)).hexdigest()[:40]

    def _known(self, check: Check) -> bytes:
        if check.asks not in self._seen:
            facts = self._facts.part(check.asks)
            encoded = msgspec.json.encode(facts, order="deterministic")
            self._seen[check.asks] = hashlib.sha256(encoded).digest()
        return self._seen[check.asks]

    def _files(self, check: Check) -> bytes:
        part = check.part(self._repo)
        total = hashlib.sha256()
        for path in sorted(part.files):
            total.update(f"\nfile {len(path)} {path} ".encode("utf-8", "surrogateescape"))
            total.update(self._digests[path])
        total.update(_links(part.links))
        return total.digest()


def _links(links: Mapping[str, str]) -> bytes:
    lines = (f"\nlink {len(path)} {path} {len(to)} {to}" for path, to in sorted(links.items()))
    return "".join(lines).encode("utf-8", "surrogateescape")


class GateCache:
    """Stores one small JSON file per check and content; without a folder it stores nothing."""

    def __init__(self, folder: Path | None, contents: Contents) -> None:
        self._folder = folder
        self._contents = contents

    def find(self, check: Check, *, is_preview: bool = False) -> CheckResult | None:
        if self._folder is None:
            return None
        try:
            kept = self._path(self._folder, check, is_preview).read_bytes()
            return msgspec.json.decode(kept, type=CheckResult)
        except (OSError, *DECODE_ERRORS):  # absent, or half of a file after a crash
            return None

    def keep(self, check: Check, result: CheckResult) -> None:
        """Store a result that another try would only repeat. Errors (a full disk) are ignored."""
        if self._folder is None or not _is_lasting(check, result):
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._path(self._folder, check, result.is_preview)
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_bytes(msgspec.json.encode(result))
            draft.replace(path)

    def _path(self, folder: Path, check: Check, is_preview: bool) -> Path:  # noqa: FBT001
        return folder / f"{check.id}-{self._contents.key(check, is_preview=is_preview)}.json"


def _is_lasting(check: Check, result: CheckResult) -> bool:
    """Tell whether a rerun would give the same.

    An outside tool may answer the next time, as when the network was down: such a result is not
    kept.
    """
    if result.status is Status.NOT_CHECKED:
        return result.level is None
    if result.status is Status.FOUND:
        return not check.is_flaky
    return result.status is Status.PASSED
