"""Winnowing: of 20 grams of 30 tokens in a row one is kept, the same one wherever they stand.

Two texts that share SURE tokens in a row (about five lines) share a fingerprint for certain.
"""

from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Final
from zlib import crc32

from workers.gate.duplicates.languages import LITERAL

GRAM: Final = 30
WINDOW: Final = 20
SURE: Final = GRAM + WINDOW - 1
MOST_LITERALS: Final = 12  # of a gram: more is a table of data, and those look all alike
BYTES: Final = 6  # of a fingerprint: two of three million are hardly ever the same by chance


def winnow(values: Sequence[int]) -> Iterator[int]:
    """Where the least value of each window is; of equal ones, that of the window before.

    A text that is shorter than a window is one window.
    """
    least, at = 0, -WINDOW
    for end in range(max(0, min(WINDOW, len(values)) - 1), len(values)):
        if at <= end - WINDOW:
            window = values[max(0, end - WINDOW + 1) : end + 1]
            least = min(window)
            at = end - window[::-1].index(least)
        elif values[end] < least:
            least, at = values[end], end
        else:
            continue
        yield at


def fingerprints(codes: "array[int]") -> dict[int, int]:
    """The tokens' fingerprints, and where the gram of each begins; its first place counts."""
    data, width = codes.tobytes(), codes.itemsize
    size = GRAM * width
    values = [crc32(data[at : at + size]) for at in range(0, len(data) - size + 1, width)]
    prints: dict[int, int] = {}
    for at in winnow(values):
        gram = codes[at : at + GRAM]
        if gram.count(LITERAL) <= MOST_LITERALS:
            digest = blake2b(gram.tobytes(), digest_size=BYTES).digest()
            prints.setdefault(int.from_bytes(digest, "big"), at)
    return prints
