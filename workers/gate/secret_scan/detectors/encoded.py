"""Finds a user and password in base64, as in basic authentication and logins of registries."""

import re
from collections.abc import Iterator
from typing import Final

from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage
from workers.gate.secret_scan.placeholders import is_open
from workers.gate.secret_scan.text import decoded, printable

LEAST: Final = 4  # A shorter password is not reported.

_BASIC: Final = re.compile(
    r"(?:\bbasic\s{1,4}|[\"']auth[\"']\s{0,9}:\s{0,9}[\"'])(?P<secret>[A-Za-z0-9+/]{8,1000}={0,2})",
    re.IGNORECASE,
)


class EncodedCredentials(Detector):
    secret_type = "user and password in base64"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        for match in page.matches(_BASIC, ("basic ", 'auth"', "auth'"), before=2, after=1100):
            user, colon, password = printable(decoded(match["secret"])).partition(":")
            if not colon or len(password) < LEAST or password == user:
                continue
            if is_open(password):
                yield Hit(self.secret_type, match.start("secret"), match["secret"])
