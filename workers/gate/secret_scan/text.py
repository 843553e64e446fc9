"""Prepares text for the detectors: undoes escapes, joins split strings, decodes base64."""

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Final

import msgspec

_FIRST: Final = 8_000
# PowerShell writes these byte order marks.
_WIDE: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# Stands for an escaped line end: it separates words, but does not start a line of the file.
NEW_LINE: Final = "\v"
WIDEST_GROUP: Final = 64  # At most this many lines are joined.
MOST_GROUPS: Final = 5_000  # A file with more groups was made by a machine.
AROUND: Final = 500  # Only this many characters around a seam are read, as a line may be endless.

_ESCAPED: Final = re.compile(r"\\+(?:u00(2[0-9a-fA-F]|3[c-eC-E])|([\"'/])|([nr])|(t))")
# A notebook keeps its code as a JSON list of lines.
_NOTEBOOK_LINE: Final = r"(?:\v{1,2}\"[ \t]{0,9},)?"
MOST_BASE64: Final = 64 * 1024  # At most this many characters of one text are decoded.

_BLOB: Final = re.compile(r"(?<![\w+/=\-])[A-Za-z0-9+/_\-]{40,}={0,2}", re.ASCII)
_URL_SAFE: Final = str.maketrans("-_", "+/")
_PEEK: Final = 32


def words(text: str) -> frozenset[str]:
    """Split a text into a set of words."""
    return frozenset(text.split())


def _strings(quote: str) -> tuple[str, str]:
    """Return patterns for the seam of two joined strings, on the next line and on the same line."""
    next_line = (
        rf"{quote}[+\\.& \t]{{0,40}}{_NOTEBOOK_LINE}\n[ \t]{{0,80}}\"?"
        r"(?:[\w.]{1,40}[ \t]{0,9}\+=)?"
        rf"[ \t]{{0,80}}[+.&]?[ \t]{{0,9}}[rbfuRBFU]{{0,2}}{quote}"
    )
    return next_line, rf"{quote}[ \t]{{0,9}}[+.][ \t]{{0,9}}{quote}"


# A long value goes on, unless the next line is another entry of a list of settings.
_WRAPPED: Final = (
    r"\n(?<=[\w+/=.\-]{16}\n)[#>| \t]{0,80}(?![A-Za-z_][\w.\-]{0,80}=[^=\n])"
    r"(?=[\w+/=.\-]{2,512}[\"'),;]{0,3}(?:\n|\Z))"
)
# Each starts with a different letter, which makes the search fast.
_SEAMS: Final = tuple(
    re.compile(form)
    for form in (
        *_strings('"'),
        *_strings("'"),
        r"\\\n[ \t]{0,80}",
        _WRAPPED,
    )
)


def text_of(data: bytes) -> str | None:
    """Decode a file's bytes; return None for a binary file."""
    wide = _WIDE.get(data[:2])
    if wide:
        return data.decode(wide, errors="replace")
    if b"\0" in data[:_FIRST]:
        return None
    return data.decode("utf-8", errors="replace")


class TextView(msgspec.Struct, frozen=True):
    """A text, with the line of the file at which each of its parts starts."""

    text: str
    starts: Sequence[int]
    lines: Sequence[int]

    def line(self, offset: int) -> int:
        return self.lines[bisect_right(self.starts, offset) - 1]


def views(raw: str) -> Iterator[TextView]:
    """Yield the whole text, then each split string as one joined piece."""
    text = unescaped(raw.replace("\r\n", "\n"))
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    whole = TextView(text, starts, range(1, len(starts) + 1))
    yield whole
    yield from _mended(whole)


def unescaped(text: str) -> str:
    """Undo the escapes of JSON, notebooks and strings; lines keep their numbers."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(_plain, text)


def _plain(match: re.Match[str]) -> str:
    code, char, line_end, _ = match.groups()
    if code:
        return chr(int(code, 16))
    return char or (NEW_LINE if line_end else "\t")


def _mended(whole: TextView) -> Iterator[TextView]:
    yield from islice(_groups(whole), MOST_GROUPS)


def _groups(whole: TextView) -> Iterator[TextView]:
    group: list[re.Match[str]] = []
    for seam in _seams(whole.text):
        if group and not _may_join(whole.text, group, seam):
            yield _without(whole, group)
            group = []
        group.append(seam)
    if group:
        yield _without(whole, group)


def _seams(text: str) -> Iterator[re.Match[str]]:
    end = 0
    every = (match for form in _SEAMS for match in form.finditer(text))
    for seam in sorted(every, key=re.Match.start):
        if seam.start() >= end:
            yield seam
            end = seam.end()


def _may_join(text: str, group: list[re.Match[str]], seam: re.Match[str]) -> bool:
    between = text[group[-1].end() : seam.start()]
    return len(group) < WIDEST_GROUP and len(between) <= AROUND and "\n" not in between


def _without(whole: TextView, seams: list[re.Match[str]]) -> TextView:
    text, begin, end = whole.text, seams[0].start(), seams[-1].end()
    first = text.rfind("\n", max(0, begin - AROUND), begin) + 1 or max(0, begin - AROUND)
    last = text.find("\n", end, end + AROUND)
    stop = last if last >= 0 else end + AROUND
    cuts = [first, *(edge for seam in seams for edge in seam.span()), stop]
    parts = [(start, text[start:end]) for start, end in list(pairwise(cuts))[::2]]
    starts = [0]
    for _, part in parts[:-1]:
        starts.append(starts[-1] + len(part))
    return TextView("".join(part for _, part in parts), starts, [whole.line(at) for at, _ in parts])


def decoded(text: str) -> bytes:
    """Decode base64 in either alphabet, with or without padding; return b"" when it is none."""
    plain = text.rstrip("=").translate(_URL_SAFE)
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def printable(data: bytes) -> str:
    """Return the bytes as printable ASCII text, or ""."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() or not re.search(r"[^\x20-\x7e\t\r\n]", text) else ""


def base64_texts(page: str) -> Iterator[tuple[int, str]]:
    """Yield where each base64 blob that encodes text starts, and the decoded text."""
    for match in _BLOB.finditer(page):
        blob = match[0]
        if printable(decoded(blob[:_PEEK])):
            text = printable(decoded(blob[:MOST_BASE64]))
            if text:
                yield match.start(), text
