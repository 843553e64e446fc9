"""Scans a folder and the history that was pushed with it, within a time limit.

    python -m workers.gate.secret_scan.scan

It reads a task from standard input and prints a report that holds no secret.
"""

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from core.gate.facts import PastFile
from workers.gate.secret_scan import baseline
from workers.gate.secret_scan.report import (
    FINGERPRINT,
    MOST_SECRETS,
    ScanTask,
    Secret,
    SecretReport,
    fingerprint,
)
from workers.gate.secret_scan.scanner import Found, Scanner
from workers.gate.secret_scan.text import text_of

LARGEST: Final = 8_000_000  # Bytes; larger files are skipped, since nobody can review them either.


def walk(root: Path) -> Iterator[str]:
    """Yield every file's path with forward slashes, sorted, without links and ``.git``."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(names):
            path = Path(folder, name)
            if not path.is_symlink() and path.is_file():
                yield path.relative_to(root).as_posix()


def scan(root: Path, task: ScanTask) -> SecretReport:
    return _Scan(root, task).run()


class _Scan:
    """Keeps what one scan has found, so that the history only tells what the files do not."""

    def __init__(self, root: Path, task: ScanTask) -> None:
        self._root = root
        self._task = task
        self._end = time.monotonic() + task.seconds
        self._scanner = Scanner(has_entropy=task.has_entropy)
        self._baseline, self._problem = baseline.read(root, task.baseline)
        self._secrets: list[Secret] = []
        self._seen: set[bytes] = set()  # The digests of texts that were scanned.
        self._known: set[str] = set()  # The fingerprints of the secrets in the files.
        self._scanned: set[str] = set()
        self._large: list[str] = []
        self._binary = self._unread = 0

    def run(self) -> SecretReport:
        for path in walk(self._root):
            self._file(path)
        for past in self._task.history:
            self._past(past)
        return SecretReport(
            secrets=tuple(self._secrets[:MOST_SECRETS]),
            left_out=max(0, len(self._secrets) - MOST_SECRETS),
            files=len(self._scanned),
            binary=self._binary,
            large=tuple(self._large),
            unread=self._unread,
            stale=self._baseline.stale(self._scanned),
            problem=self._problem,
        )

    def _file(self, path: str) -> None:
        if (self._root / path).stat().st_size > LARGEST:
            self._large.append(path.encode("utf-8", "replace").decode())
            return
        data = (self._root / path).read_bytes()
        self._seen.add(hashlib.sha256(data).digest())
        found = self._found(data, path)
        if found is not None:
            self._scanned.add(path)
            self._known.update(fingerprint(each.value) for each in found)
            self._keep(found, path)

    def _past(self, past: PastFile) -> None:
        """Scan a file of the history; secrets that a current file has were told with their line."""
        if not past.data or len(past.data) > LARGEST:
            self._large.append(f"{past.path} of {past.commit[:FINGERPRINT]}")
            return
        digest = hashlib.sha256(past.data).digest()
        if digest in self._seen:
            return
        self._seen.add(digest)
        found = self._found(past.data, past.path) or []
        new = [each for each in found if fingerprint(each.value) not in self._known]
        self._known.update(fingerprint(each.value) for each in new)
        self._keep(new, past.path, past.commit)

    def _found(self, data: bytes, path: str) -> list[Found] | None:
        if time.monotonic() > self._end:
            self._unread += 1
            return None
        text = text_of(data)
        if text is None:
            self._binary += 1
            return None
        return self._scanner.scan(text, path)

    def _keep(self, found: list[Found], path: str, commit: str = "") -> None:
        told = path.encode("utf-8", "replace").decode()  # A name need not be valid UTF-8.
        self._secrets += (
            Secret(
                path=told,
                line=each.line,
                kind=each.kind,
                fingerprint=fingerprint(each.value),
                commit=commit,
                is_accepted=bool(key),
                key=key,
                is_allowed=each.is_allowed,
            )
            for each in found
            for key in (self._baseline.accepts(path, each.value),)
        )


if __name__ == "__main__":
    asked = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=ScanTask)
    sys.stdout.buffer.write(msgspec.json.encode(scan(Path.cwd(), asked)))
