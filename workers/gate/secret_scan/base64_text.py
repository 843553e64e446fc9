"""Base64 that stands for text, which may hold a secret in its turn."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

MOST: Final = 64 * 1024  # characters of one text that are looked into

_BLOB: Final = re.compile(r"(?<![\w+/=\-])[A-Za-z0-9+/_\-]{40,}={0,2}", re.ASCII)
_URL_SAFE: Final = str.maketrans("-_", "+/")
_PEEK: Final = 32


def decoded(text: str) -> bytes:
    """In either alphabet, with or without its end; b"" when it is no base64."""
    plain = text.rstrip("=").translate(_URL_SAFE)
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def printable(data: bytes) -> str:
    """The text that it is; "" when it is none."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() or not re.search(r"[^\x20-\x7e\t\r\n]", text) else ""


def texts(page: str) -> Iterator[tuple[int, str]]:
    """Where each such blob starts and what it says."""
    for match in _BLOB.finditer(page):
        blob = match[0]
        if printable(decoded(blob[:_PEEK])):
            text = printable(decoded(blob[:MOST]))
            if text:
                yield match.start(), text
