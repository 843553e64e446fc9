"""Finds the secrets that we know in bytes, however they are spelled, all in one pass."""

import base64
import html
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final
from urllib.parse import quote, quote_plus, unquote

MASK: Final = b"***"
CUT: Final = b" [the rest of this line was cut: it is longer than 8 KB]"
SHORTEST_SECRET: Final = 6  # a shorter one would blank out ordinary words
LONGEST_PIECE: Final = 4096  # a longer secret is known in pieces, so that a cut shows none of it
SHORT: Final = 4
LONG: Final = 8
ESCAPE: Final = re.compile(rb"%[0-9A-F]{2}")

Span = tuple[int, int]


class KnownSecrets:
    """All spellings of some secrets, sought at once.

    Of eight neighbouring windows of eight bytes one begins at a multiple of eight, wherever a
    spelling stands. So each is filed under eight of its windows, those that it shares with the
    fewest others, and of a text only the aligned windows are looked at. Where a spelling is
    shorter than fifteen bytes, eight is four; where it is shorter than seven, every second counts.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spelled = {spelling for secret in secrets for spelling in spellings(secret)}
        shortest = min(map(len, spelled), default=2 * LONG - 1)
        self._size = LONG if shortest >= 2 * LONG - 1 else SHORT
        self._starts = (0,) if shortest >= 2 * SHORT - 1 else (0, SHORT // 2)
        self._filed = _filed(spelled, self._size, self._size // len(self._starts))
        self._windows = frozenset(self._filed)

    def find(self, text: bytes) -> list[Span]:
        """Return where spellings stand, in any order."""
        return [span for start in self._starts for span in self._aligned(text, start)]

    def mask(self, text: bytes) -> bytes:
        """Mask them in a whole text, and nothing else."""
        return masked(text, self.find(text))

    def _aligned(self, text: bytes, start: int) -> list[Span]:
        windows = _aligned(text, start, self._size)
        if self._windows.isdisjoint(windows):
            return []
        hits = [(at, each) for at, each in enumerate(windows) if each in self._filed]
        return [
            (begin, begin + length)
            for number, window in hits
            for (offset, length), spelled in self._filed[window]
            if (begin := start + number * self._size - offset) >= 0
            and text[begin : begin + length] in spelled
        ]


Filed = dict[int, list[tuple[Span, set[bytes]]]]  # window -> (its offset, length) and spellings


def _filed(spelled: set[bytes], size: int, neighbours: int) -> Filed:
    windows = {each: _windows(each, size) for each in spelled}
    shared = Counter(chain.from_iterable(map(set, windows.values())))
    filed = defaultdict[int, defaultdict[Span, set[bytes]]](lambda: defaultdict(set))
    for each, own in windows.items():
        counts = [shared[window] for window in own]
        choices = range(len(own) - neighbours + 1)
        best = min(choices, key=lambda at: sum(counts[at : at + neighbours]))
        for at in range(best, best + neighbours):
            filed[own[at]][at, len(each)].add(each)
    return {window: list(places.items()) for window, places in filed.items()}


def _windows(text: bytes, size: int) -> list[int]:
    """Return the numbers that each so many neighbouring bytes make."""
    windows = [0] * (len(text) - size + 1)
    for start in range(size):
        windows[start::size] = _aligned(text, start, size).tolist()
    return windows


def _aligned(text: bytes, start: int, size: int) -> "memoryview[int]":
    whole = max(0, len(text) - start) // size * size
    part = memoryview(text)[start : start + whole]
    return part.cast("Q") if size == LONG else part.cast("I")


def spellings(secret: str) -> set[bytes]:
    """Return the ways in which programs write a secret: as it is, escaped, and encoded.

    One of several lines counts line by line.
    """
    found = {each for line in secret.splitlines() for each in _of_line(line.strip())}
    pieces = (
        each[at : at + LONGEST_PIECE] for each in found for at in range(0, len(each), LONGEST_PIECE)
    )
    return {piece for piece in pieces if len(piece) >= SHORTEST_SECRET}


def _of_line(secret: str) -> set[bytes]:
    if len(secret) < SHORTEST_SECRET:
        return set()
    plain = {secret, unquote(secret)}
    found = {each for text in plain for each in (*_escaped(text), *_encoded(text.encode()))}
    return found | {ESCAPE.sub(lambda escape: escape[0].lower(), each) for each in found}


def _escaped(text: str) -> Iterator[bytes]:
    data = text.encode(errors="replace")
    yield data
    yield from (
        each.encode(errors="replace")
        for each in (
            quote(text),
            quote(text, safe=""),
            quote_plus(text),
            json.dumps(text)[1:-1],
            json.dumps(text, ensure_ascii=False)[1:-1],
            repr(text)[1:-1],
            repr(data)[2:-1],
            html.escape(text),
            html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),  # Jinja
            text.replace("'", "'\"'\"'"),  # as a shell needs it
        )
    )


def _encoded(data: bytes) -> Iterator[bytes]:
    """Yield it in hexadecimal, and in Base64 as it looks after any number of other bytes."""
    yield data.hex().encode()
    yield data.hex().upper().encode()
    for before in range(3):
        text = base64.b64encode(bytes(before) + data)
        sure = text[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]  # no bit of a neighbour
        yield sure
        yield sure.translate(bytes.maketrans(b"+/", b"-_"))


def masked(text: bytes, secrets: list[Span], cuts: frozenset[Span] = frozenset()) -> bytes:
    """Put marks in the place of the spans; secrets that touch each other have one."""
    parts, shown = list[bytes](), 0
    for span in sorted([*secrets, *cuts]):
        begin, end = span
        mark = CUT if cuts and span in cuts else MASK
        if begin > shown or not parts:
            parts += (text[shown:begin], mark)
        elif mark is CUT:
            parts.append(mark)
        if end > shown:  # noqa: PLR1730 (max() takes a third of the time here)
            shown = end
    return b"".join([*parts, text[shown:]])
