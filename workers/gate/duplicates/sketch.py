"""Makes the sketch of a file: rows of tokens, and the winnowed fingerprints of its grams.

All strings and numbers count as one token; comments and imports are left out. Winnowing keeps one
gram out of every 20 in a row (a gram is 30 tokens), and the same one wherever they stand. Two texts
that share SURE tokens in a row (about five lines) are certain to share a fingerprint.
"""

import hashlib
import json
import posixpath
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple
from zlib import crc32

import msgspec

from core.gate.sketch import Sketch
from workers.gate.contract.python_source import NOTEBOOK_ENDING, cells

SKIPPED: Final = 0
LITERAL: Final = 1  # Every string and number has this code, since a copy often has other ones.
FIRST_NAME: Final = 2
LITERAL_STARTS: Final = frozenset("\"'0123456789")

NAME: Final = r"[a-zA-Z_]\w*+"
NUMBER: Final = r"\d[\w.]*+(?:(?<=[eE])[+-]\d++)?"
# Commas and semicolons are left out, since formatters add and remove them.
SIGN: Final = r"[=!<>+\-*/%&|^:]=|->|\*\*|//|[^\s\w,;]"

# Python and SQL are cut fast and without an opinion on whether they are valid. One expression for
# each language, and every branch of it ends where it began to differ: the possessive quantifiers
# (``*+``) and the optional closing marks leave nothing to go back to, so that the time is linear in
# the length of whatever a repository holds.
#
# The end of a line takes the import behind it along: everybody imports the same. A Databricks
# notebook carries its other languages in comments; of those only SQL is code to compare.
PYTHON: Final = rf"""
    {NAME}
    | (?:\n[ \t]*+)++(?:
        \#\ MAGIC\b(?:\ %(?!sql)[^\n]*+(?:\n\#\ MAGIC[^\n]*+)*+)?
        | (?:from|import)\b[^\n(;]++(?:\([^)]*+\)?)?
      )?
    | \"\"\"(?:[^"\\]++|\\.|"(?!""))*+(?:\"\"\")?
    | '''(?:[^'\\]++|\\.|'(?!''))*+(?:''')?
    | "(?:[^"\\\n]++|\\.)*+"?
    | '(?:[^'\\\n]++|\\.)*+'?
    | \#[^\n]*+
    | {NUMBER}
    | {SIGN}
"""
SQL: Final = rf"""
    {NAME}
    | \n
    | "(?:[^"\\]++|\\.|"")*+"?
    | '(?:[^'\\]++|\\.|'')*+'?
    | --[^\n]*+
    | /\*(?:[^*]++|\*(?!/))*+(?:\*/)?
    | {NUMBER}
    | {SIGN}
"""
FLAGS: Final = re.ASCII | re.VERBOSE | re.DOTALL
UINT32: Final = "I"
HALF: Final = 0xFFFF
GRAM: Final = 30
WINDOW: Final = 20
SURE: Final = GRAM + WINDOW - 1
MOST_LITERALS: Final = 12  # A gram with more literals is a table of data, and those all look alike.
# This is the size of a fingerprint: of three million, hardly two are equal by chance.
BYTES: Final = 6
# This is the version of a sketch: raise it whenever the same content gives another one.
FORM: Final = 1
MOST_BYTES: Final = 1024 * 1024  # A larger file was not written by hand.
MOST_MISSED: Final = 50  # A notebook with more such lines is not written the way Jupyter writes it.


class Codes(dict[str, int]):
    """Gives each token a number, the same in every process; SKIPPED for tokens left out."""

    def __init__(self, *skipped: str, is_case_blind: bool) -> None:
        super().__init__()
        self._skipped = skipped
        self._is_case_blind = is_case_blind

    def __missing__(self, token: str) -> int:
        code = self[token] = self._code(token)
        return code

    def _code(self, token: str) -> int:
        if token.startswith(self._skipped):
            return SKIPPED
        if token[0] in LITERAL_STARTS:
            return LITERAL
        name = token.casefold() if self._is_case_blind else token
        return crc32(name.encode("utf-8", "surrogatepass")) | FIRST_NAME


class Language(NamedTuple):
    tokens: re.Pattern[str]
    codes: Codes


PYTHON_CODE: Final = Language(re.compile(PYTHON, FLAGS), Codes("\n", "#", is_case_blind=False))
SQL_CODE: Final = Language(re.compile(SQL, FLAGS), Codes("\n", "--", "/*", is_case_blind=True))
LANGUAGES: Final[Mapping[str, Language]] = {
    ".py": PYTHON_CODE,
    NOTEBOOK_ENDING: PYTHON_CODE,
    ".sql": SQL_CODE,
}


class Reading:
    """A text as tokens: ``codes`` has an entry per token, ``numbers`` and ``looks`` one per row.

    A row is a line with code on it; a string over many lines belongs to the line that it starts on.
    """

    def __init__(self, text: str, language: Language) -> None:
        self.codes = array(UINT32)
        self.numbers: list[int] = []
        self.looks: list[int] = []
        self._starts: list[int] = []  # The index of the first token of each row.
        tokens = [*language.tokens.findall(f"\n{text}"), "\n"]
        self._read(tokens, array(UINT32, map(language.codes.__getitem__, tokens)))

    def row(self, token: int) -> int:
        return bisect_right(self._starts, token) - 1

    def _read(self, tokens: list[str], codes: "array[int]") -> None:
        """Fill the rows from the tokens, one row at a time, which keeps millions of lines fast."""
        start, line = 0, 0
        while start < len(tokens):
            end = codes.index(SKIPPED, start)
            if start < end:
                row = "\0".join(tokens[start:end])
                self._add(line, row, codes[start:end])
                line += row.count("\n")
            line += tokens[end].count("\n")
            start = end + 1

    def _add(self, line: int, text: str, codes: "array[int]") -> None:
        self._starts.append(len(self.codes))
        self.codes.extend(codes)
        shape = crc32(codes) & HALF
        exact = crc32(text.encode("utf-8", "surrogatepass")) & HALF
        self.numbers.append(line)
        self.looks.append(shape << 16 | exact)


def winnow(values: Sequence[int]) -> Iterator[int]:
    """Yield the index of the least value of each window; of equal ones, the window before decides.

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
    """Return the tokens' fingerprints, each with the index at which its gram first begins."""
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
    """The files that the child process is handed, and its limits."""

    files: dict[str, bytes]
    cpu_s: int
    memory_mb: int


def ending(path: str) -> str:
    return posixpath.splitext(path)[1].casefold()


def is_code(path: str, data: bytes) -> bool:
    """Tell whether a file is compared: in a language that we read, not too large, and text."""
    return ending(path) in LANGUAGES and len(data) <= MOST_BYTES and b"\0" not in data


def digest(path: str, data: bytes) -> str:
    """Return the digest that names a sketch; it covers the ending, which sets the language."""
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
    """Return the text and the file's line of each of its lines; [] where both are the same."""
    if ending(path) != NOTEBOOK_ENDING:
        return data.decode("utf-8-sig", "replace"), []
    sources = [cell.source for cell in cells(data)]
    return "\n".join(sources), _places("\n".join(sources).split("\n"), data)


def _places(lines: list[str], notebook: bytes) -> list[int]:
    """Return the line of the notebook's file for each line of code.

    Jupyter writes each line of a cell on a line of its own, as a JSON string. A line that is not
    found gets the place of the one before, and the search ends early in a file that is written
    otherwise.
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
