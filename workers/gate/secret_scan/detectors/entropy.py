"""Wraps detect-secrets' entropy detectors for a bank that wants them; many findings are false."""

from collections.abc import Iterator
from typing import Final

from detect_secrets.plugins.high_entropy_strings import (
    Base64HighEntropyString,
    HexHighEntropyString,
)

from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage

LONGEST_LINE: Final = 2_000  # Longer lines are data, or a machine wrote them.


class Entropy(Detector):
    secret_type = "string of high entropy"  # noqa: S105 - the name of a kind

    def __init__(self) -> None:
        self._plugins = (Base64HighEntropyString(limit=4.5), HexHighEntropyString(limit=3.0))

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        start = 0
        for line in page.text.split("\n"):
            if len(line) <= LONGEST_LINE:
                yield from self._of_line(line, start)
            start += len(line) + 1

    def _of_line(self, line: str, start: int) -> Iterator[Hit]:
        for plugin in self._plugins:
            for found in plugin.analyze_line(filename="", line=line):
                value = str(found.secret_value)
                yield Hit(self.secret_type, start + line.find(value), value)
