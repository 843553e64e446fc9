"""Looks for secrets in one file: every detector reads every view of its text."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from workers.gate.secret_scan.detectors import DETECTORS, WITH_ENTROPY
from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage
from workers.gate.secret_scan.text import TextView, base64_texts, views

MOST_IN_A_FILE: Final = 200  # Nobody mends more at a time, and a file may consist of secrets.
SURELY_THE_SAME: Final = 16  # A shorter value may be part of another one by chance.

_ALLOWED: Final = re.compile(r"pragma: ?(?:allow|white)list[ -]secret")
_NEXT_ALLOWED: Final = re.compile(r"pragma: ?allowlist[ -]nextline[ -]secret")


class Found(msgspec.Struct, frozen=True):
    kind: str
    line: int
    value: str
    is_allowed: bool = False


class Scanner:
    """Scans texts; make it once per process, as its detectors keep their compiled patterns."""

    def __init__(self, *, has_entropy: bool = False) -> None:
        kinds = WITH_ENTROPY if has_entropy else DETECTORS
        self._detectors: list[Detector] = [kind() for kind in kinds]

    def scan(self, text: str, path: str) -> list[Found]:
        kept: list[Found] = []
        for found in self._all(text, path):
            _keep(found, kept)
            if len(kept) >= MOST_IN_A_FILE:
                break
        if not kept:
            return kept
        lines = text.split("\n")
        marked = [_marked(found, lines) for found in kept]
        return sorted(marked, key=lambda found: found.line)

    def _all(self, text: str, path: str) -> Iterator[Found]:
        for view in views(text):
            for hit in self._hits(ScannedPage.of(view.text, path)):
                yield Found(hit.kind, view.line(hit.start), hit.value)
            yield from self._in_base64(view)

    def _hits(self, page: ScannedPage) -> Iterator[Hit]:
        for detector in self._detectors:
            yield from detector.hits(page)

    def _in_base64(self, view: TextView) -> Iterator[Found]:
        for start, text in base64_texts(view.text):
            for hit in self._hits(ScannedPage.of(text)):
                yield Found(f"{hit.kind} in base64", view.line(start), hit.value)


def _keep(found: Found, kept: list[Found]) -> None:
    """Keep the longer of two overlapping finds; of equals the first, from the surer detector."""
    for index, other in enumerate(kept):
        is_near = (
            found.line == other.line or min(len(found.value), len(other.value)) >= SURELY_THE_SAME
        )
        if not is_near:
            continue
        if found.value in other.value:
            return
        if other.value in found.value:
            kept[index] = found
            return
    kept.append(found)


def _marked(found: Found, lines: list[str]) -> Found:
    here = lines[found.line - 1]
    above = lines[found.line - 2] if found.line > 1 else ""
    if _ALLOWED.search(here) or _NEXT_ALLOWED.search(above):
        return msgspec.structs.replace(found, is_allowed=True)
    return found
