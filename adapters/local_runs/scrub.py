"""Masks secrets in a log before it is written, so that no file ever holds one."""

import re
from collections.abc import Iterable
from typing import Final

MASK: Final = b"***"
SHORTEST_SECRET: Final = 6  # a shorter one would blank out ordinary words
OVERLAP: Final = 4096  # longer than any token
KEEP_AT_MOST: Final = 65536
LONGEST_KEY_LINES: Final = 200  # one that never ends must not swallow the rest of the log

# Group 1 is what stands before the secret; it stays readable.
PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rb"()dapi[0-9a-f]{32}(?:-\d)?",
        rb"()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
        rb"()\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})",
        rb"()\bAKIA[0-9A-Z]{16}\b",
        rb"()\b[A-Za-z0-9]{4,}JQQJ99[A-Za-z0-9]{20,}",
        rb"((?i:\b(?:AccountKey|SharedAccessKey|SharedAccessSignature)=))[^;\s\"']+",
        rb"((?i:[?&]sig=))[A-Za-z0-9%+/=_-]{8,}",
        rb"((?i:\bAuthorization\s*[:=]\s*[\"']?(?:Bearer|Basic)\s+))[^\s\"']+",
        rb"((?i:\bBearer\s+))[A-Za-z0-9._~+/=-]{16,}",
        rb"((?i:\b[\w.-]*(?:password|passwd|secret|token|api_?key)\s*[=:]\s*[\"']?))[^\s\"',;]{6,}",
        rb"([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s:@]+:[^/\s@]+(?=@)",
    )
)
KEY_BEGINS: Final = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
KEY_ENDS: Final = re.compile(rb"-----END [A-Z ]*PRIVATE KEY-----")


class Scrubber:
    """Takes bytes as they come, and gives back whole lines with the secrets masked."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {secret.encode() for secret in secrets if len(secret) >= SHORTEST_SECRET}
        self._known = sorted(known, key=len, reverse=True)
        self._pending = b""
        self._key_lines_left = 0

    def feed(self, data: bytes) -> bytes:
        *lines, self._pending = re.split(rb"(?<=[\r\n])", self._pending + data)
        done = b"".join(map(self.line, lines))
        if len(self._pending) <= KEEP_AT_MOST:
            return done
        # The line is very long: its end may hold the first half of a secret, so that it waits.
        clean = self.line(self._pending)
        self._pending = clean[-OVERLAP:]
        return done + clean[:-OVERLAP]

    def finish(self) -> bytes:
        rest, self._pending = self.line(self._pending), b""
        return rest

    def line(self, line: bytes) -> bytes:
        if self._key_lines_left:
            return self._inside_key(line)
        if begins := KEY_BEGINS.search(line):
            self._key_lines_left = LONGEST_KEY_LINES
            return (
                self._plain(line[: begins.start()]) + MASK + self._inside_key(line[begins.end() :])
            )
        return self._plain(line)

    def _inside_key(self, line: bytes) -> bytes:
        """Drop a line of a private key, up to the marker that ends the key."""
        ends = KEY_ENDS.search(line)
        if ends is None:
            self._key_lines_left -= 1
            return b""
        self._key_lines_left = 0
        return self._plain(line[ends.end() :])

    def _plain(self, line: bytes) -> bytes:
        for secret in self._known:
            line = line.replace(secret, MASK)
        for pattern in PATTERNS:
            line = pattern.sub(rb"\1" + MASK, line)
        return line


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask the secrets in one whole text, such as a reason."""
    scrubber = Scrubber(secrets)
    cleaned = scrubber.feed(text.encode(errors="replace")) + scrubber.finish()
    return cleaned.decode(errors="replace")
