"""Finds passwords in sentences of pages, comments and logs, where no operator stands between."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from workers.gate.secret_scan import values
from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage
from workers.gate.secret_scan.placeholders import is_open
from workers.gate.secret_scan.text import words

PAGES: Final = words(".md .txt .rst .adoc .log .html .eml")

_COMMENT: Final = re.compile(r"(?:^|\s)(?:#|//|--|/?\*|<!--|%|rem\s)", re.IGNORECASE)
# This matches sentences such as: the password for the test database is X
_SAID: Final = re.compile(
    r"(?<![\w\-.])(?:password|passwd|passphrase|pwd|pw|l[oö]senord|adgangskode|kodeord|wachtwoord|kennwort|"
    r"passwort|"
    r"credentials?|creds)(?![\w\-])"
    r"(?:[ \t]\(?[\w/'@.\-]{1,30}\)?){0,8}?(?:[ \t]{0,3}(?::|=|->|→)|)[ \t]{1,4}"
    r"[\"'`*(]{0,3}(?P<secret>(?=\S{0,127}\d)[^\s\"'`<>|()]{8,128})",
    re.IGNORECASE,
)
_HINTS: Final = (
    *(
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "pw",
        "losenord",
        "lösenord",
        "adgangskode",
        "kodeord",
    ),
    *("wachtwoord", "kennwort", "passwort", "credential", "creds"),
)


class Prose(Detector):
    secret_type = "password in a sentence"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        is_page = PurePosixPath(page.path.lower()).suffix in PAGES
        for match in page.matches(_SAID, _HINTS, before=2, after=400):
            value = match["secret"].rstrip(".,;:!)*")
            if not (is_page or _COMMENT.search(page.line_before(match.start(), 400))):
                continue
            if values.is_chosen_for_sure(value) and is_open(value):
                yield Hit(self.secret_type, match.start("secret"), value)
