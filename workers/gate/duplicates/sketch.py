"""Makes the sketch of a file: work for a process of its own (child.py).

Winnowing: of 20 grams of 30 tokens in a row one is kept, the same one wherever they stand. Two
texts that share SURE tokens in a row (about five lines) share a fingerprint for certain.
"""

import hashlib
import json
import posixpath
from array import array
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Final
from zlib import crc32

import msgspec

from core.gate.sketch import Sketch
from workers.gate.contract.python_source import NOTEBOOK_ENDING, cells
from workers.gate.duplicates.reading import LITERAL, PYTHON_CODE, SQL_CODE, Language, Reading

GRAM: Final = 30
WINDOW: Final = 20
SURE: Final = GRAM + WINDOW - 1
MOST_LITERALS: Final = 12  # of a gram: more is a table of data, and those look all alike
BYTES: Final = 6  # of a fingerprint: two of three million are hardly ever the same by chance
FORM: Final = 1  # of a sketch: raise it whenever the same content gives another one
MOST_BYTES: Final = 1024 * 1024  # of a file: what is larger was not written by hand
MOST_MISSED: Final = 50  # lines of a notebook that are not where Jupyter writes them
LANGUAGES: Final[Mapping[str, Language]] = {
    ".py": PYTHON_CODE,
    NOTEBOOK_ENDING: PYTHON_CODE,
    ".sql": SQL_CODE,
}


def winnow(values: Sequence[int]) -> Iterator[int]:
    """The place of the least value of each window; of equal ones, that of the window before.

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


class SketchWork(msgspec.Struct, frozen=True, kw_only=True):
    """What the child process is handed."""

    files: dict[str, bytes]
    cpu_s: int
    memory_mb: int


def ending(path: str) -> str:
    return posixpath.splitext(path)[1].casefold()


def is_code(path: str, data: bytes) -> bool:
    """Whether it is compared: written by a person, in a language that we read."""
    return ending(path) in LANGUAGES and len(data) <= MOST_BYTES and b"\0" not in data


def digest(path: str, data: bytes) -> str:
    """Names the sketch of a content: the same text may be read as another language."""
    return hashlib.sha256(f"{FORM}/{ending(path)}/".encode() + data).hexdigest()


def sketch(path: str, data: bytes) -> Sketch:
    text, lines = _code(path, data)
    reading = Reading(text, LANGUAGES[ending(path)])
    return Sketch(
        digest=digest(path, data),
        prints={
            value: (reading.row(at), reading.row(at + GRAM - 1))
            for value, at in fingerprints(reading.codes).items()
        },
        numbers=[lines[number - 1] if lines else number for number in reading.numbers],
        looks=reading.looks,
    )


def _code(path: str, data: bytes) -> tuple[str, list[int]]:
    """The text, and where each of its lines is in the file; nothing where it is the file's own."""
    if ending(path) != NOTEBOOK_ENDING:
        return data.decode("utf-8-sig", "replace"), []
    sources = [cell.source for cell in cells(data)]
    return "\n".join(sources), _places("\n".join(sources).split("\n"), data)


def _places(lines: list[str], notebook: bytes) -> list[int]:
    """Jupyter writes each line of a cell on a line of the file, as a JSON string.

    A line that is not found keeps the place of the one before; a file that is written otherwise is
    not searched over and over.
    """
    text = notebook.decode("utf-8", "replace")
    at, number, missed, places = 0, 1, 0, list[int]()
    for line in lines:
        if line.strip() and missed < MOST_MISSED:
            found = text.find(json.dumps(line, ensure_ascii=False)[:-1], at)
            if found < 0:
                missed += 1
            else:
                number += text.count("\n", at, found)
                at = found + 1
        places.append(number)
    return places
