"""Finds access keys of AWS: the id by its form, the secret by its place after the id."""

import re
from collections.abc import Iterator
from typing import Final

from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage, is_real
from workers.gate.secret_scan.values import is_hex, is_random

_ID: Final = re.compile(r"(?<![A-Za-z0-9+/])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9+/])")
_SECRET: Final = re.compile(r"(?<![A-Za-z0-9+/_\-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_\-])")
_NEAR: Final = re.compile(r"aws|secret.{0,3}(?:access.{0,3})?key|s3")
_HINTS: Final = ("aws", "akia", "asia", "secret", "s3")
_AFTER_ID: Final = 300  # The secret is searched within this many characters after its id.


class AwsKeys(Detector):
    secret_type = "AWS access key"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        ends = [0]
        for match in _ID.finditer(page.text):
            if is_real(match[0]):
                ends.append(match.end())
                yield Hit("AWS access key id", match.start(), match[0])
        yield from _secrets(page, ends)


def _secrets(page: ScannedPage, ends: list[int]) -> Iterator[Hit]:
    last = 0
    for match in page.matches(_SECRET, _HINTS):
        value, start = match[0], match.start()
        while len(ends) > last + 1 and ends[last + 1] <= start:
            last += 1
        follows = last > 0 and start - ends[last] < _AFTER_ID
        named = follows or _NEAR.search(page.line_before(start))
        if named and is_random(value) and not is_hex(value) and is_real(value):
            yield Hit("AWS secret access key", start, value)
