"""Finds private keys in PEM and PuTTY form, in files and inside strings."""

import re
from collections.abc import Iterator
from typing import Final

from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage, is_real

LEAST: Final = 48  # Less base64 than this is the start of a key in a document.
MOST: Final = 8_000

_BEGIN: Final = re.compile(
    r"-----BEGIN[ _](?:[A-Z0-9]{2,10}[ _]){0,2}PRIVATE[ _]KEY(?:[ _]BLOCK)?-----|"
    r"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----|Private-Lines: \d{1,3}"
)
_HEADERS: Final = re.compile(r"(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset):[^\n\v]{0,120}")
_NOISE: Final = re.compile(r"[\s\v\"'`\\,+#>|.]*")
_BODY: Final = re.compile(r"[A-Za-z0-9+/]{4,4096}={0,2}")


class PrivateKeys(Detector):
    secret_type = "private key"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        at = 0
        while begin := _BEGIN.search(page.text, at):
            body, at = _body(page.text, begin.end())
            if len(body) >= LEAST and is_real(body[:200]):
                yield Hit(self.secret_type, begin.start(), body)


def _body(text: str, at: int) -> tuple[str, int]:
    """Return the base64 of the key, and its end; quotes and joins between its lines are skipped."""
    body, end = "", at + MOST
    while at < end and len(body) < MOST:
        noise = (_NOISE.match(text, at, end) or _NOISE.match("")).end()  # type: ignore[union-attr]
        at = max(at, noise)
        if header := _HEADERS.match(text, at):
            at = header.end()
            continue
        part = _BODY.match(text, at, end)
        if part is None:
            break
        body += part[0]
        at = part.end()
    return body, at
