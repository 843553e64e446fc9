"""Makes the sketch of a file: work for a process of its own (child.py)."""

import hashlib
import json
import posixpath
from collections.abc import Mapping
from typing import Final

import msgspec

from core.gate.sketch import Sketch
from workers.gate.contract.python_source import NOTEBOOK_ENDING, cells
from workers.gate.duplicates.languages import PYTHON_CODE, SQL_CODE, Language
from workers.gate.duplicates.reading import Reading
from workers.gate.duplicates.winnow import GRAM, fingerprints

FORM: Final = 1  # of a sketch: raise it whenever the same content gives another one
MOST_BYTES: Final = 1024 * 1024  # of a file: what is larger was not written by hand
MOST_MISSED: Final = 50  # lines of a notebook that are not where Jupyter writes them
LANGUAGES: Final[Mapping[str, Language]] = {
    ".py": PYTHON_CODE,
    NOTEBOOK_ENDING: PYTHON_CODE,
    ".sql": SQL_CODE,
}


class Work(msgspec.Struct, frozen=True, kw_only=True):
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
