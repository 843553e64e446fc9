"""Finds passwords, tokens and keys in addresses: before the host, or in the query."""

import re
from collections.abc import Iterator
from typing import Final

from workers.gate.secret_scan import values
from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage
from workers.gate.secret_scan.placeholders import is_open

LEAST_WORD: Final = 8  # A bare word before a real host counts as a password from this length on.

_USER: Final = re.compile(
    r"(?<![a-zA-Z0-9+.\-])[a-zA-Z][a-zA-Z0-9+.\-]{1,30}://(?P<user>[^\s:/@\"'`<>]{0,128}):"
    r"(?P<secret>[^\s/;\"'`<>]{3,256})@(?P<host>[\w.\-\[{$%]{1,255})"
)
_TOKEN: Final = re.compile(r"https?://(?P<secret>[A-Za-z0-9_\-]{20,120})@[\w.\-]{1,255}")
_PATH_TOKEN: Final = re.compile(  # of a conda channel
    r"https?://[\w.\-]{1,255}(?::\d{1,5})?/t/(?:[A-Za-z]{2}-)?(?P<secret>[\w\-]{20,120})/"
)
_QUERY: Final = re.compile(
    r"[?&;](?:code|key|sig|sas|signature|auth|token|[a-z_\-]{0,20}(?:key|token|secret))="
    r"(?P<secret>[\w+/.~%\-]{16,256}={0,2})",
    re.IGNORECASE,
)
_HARMLESS_HOST: Final = re.compile(
    r"sha256$|example\.|.*\.example(?:\.|$)|host(?:name)?(?:$|:)|server$|\[|<"
)
# The host is filled in later, so the password before it may be real.
_TEMPLATE: Final = ("{", "$", "%")


class Addresses(Detector):
    secret_type = "password in an address"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        if "://" in page.text:
            yield from self._before_the_host(page)
        for match in page.matches(_QUERY, ("?", "&"), before=0, after=400):
            if values.is_key_material(match["secret"]) and is_open(match["secret"]):
                yield Hit("key in an address", match.start("secret"), match["secret"])

    def _before_the_host(self, page: ScannedPage) -> Iterator[Hit]:
        for match in _USER.finditer(page.text):
            if _is_password(match["secret"], match["user"], match["host"].lower()):
                yield Hit(self.secret_type, match.start("secret"), match["secret"])
        for form in (_TOKEN, _PATH_TOKEN):
            for match in form.finditer(page.text):
                if values.is_random(match["secret"]) and is_open(match["secret"]):
                    yield Hit("token in an address", match.start("secret"), match["secret"])


def _is_password(value: str, user: str, host: str) -> bool:
    if value.lower() == user.lower() or _HARMLESS_HOST.match(host) or not is_open(value):
        return False
    if host.startswith(_TEMPLATE):
        return values.is_strong(value) or values.is_random(value)
    if values.is_chosen(value) or values.is_random(value):
        return True
    return values.is_gibberish(value) or (
        "." in host and len(value) >= LEAST_WORD and value.isalnum()
    )
