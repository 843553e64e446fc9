"""Finds JSON web tokens, whose header must decode to JSON that names an algorithm."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from core.errors import DECODE_ERRORS
from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage
from workers.gate.secret_scan.text import decoded

_JWT: Final = re.compile(
    r"(?<![\w\-])(?P<secret>(?P<header>eyJ[\w\-]{10,2000})\.(?P<claims>eyJ[\w\-]{8,8000})\.[\w\-]{20,2000})",
    re.ASCII,
)
_JWE: Final = re.compile(
    r"(?<![\w\-])(?P<secret>(?P<header>eyJ[\w\-]{10,2000})(?:\.[\w\-]{8,8000}){4})(?![\w\-])",
    re.ASCII,
)
# The sample token on every page about tokens contains these.
_WELL_KNOWN: Final = (b"1234567890", b"John Doe")


class JsonWebTokens(Detector):
    secret_type = "JSON web token"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        if "eyJ" not in page.text:
            return
        for form in (_JWT, _JWE):
            for match in form.finditer(page.text):
                if _is_one(match):
                    yield Hit(self.secret_type, match.start(), match["secret"])


def _is_one(match: re.Match[str]) -> bool:
    header = decoded(match["header"])
    try:
        fields = msgspec.json.decode(header)
    except DECODE_ERRORS:
        return False
    if not isinstance(fields, dict) or not fields.keys() & {"alg", "typ", "kid", "enc"}:
        return False
    claims = decoded(match.groupdict().get("claims") or "")
    return not all(words in claims for words in _WELL_KNOWN)
