"""Reads a text as rows of tokens: strings and numbers are alike, comments and imports are gone."""

from array import array
from bisect import bisect_right
from typing import Final
from zlib import crc32

from workers.gate.duplicates.languages import SKIPPED, Language

UINT32: Final = "I"
HALF: Final = 0xFFFF


class Reading:
    """``codes`` has one entry for each token, ``numbers`` and ``looks`` have one for each row.

    A row is a line with code on it; a string over many lines belongs to the one that it starts on.
    """

    def __init__(self, text: str, language: Language) -> None:
        self.codes = array(UINT32)
        self.numbers: list[int] = []
        self.looks: list[int] = []
        self._starts: list[int] = []  # of each row, its first token
        tokens = [*language.tokens.findall(f"\n{text}"), "\n"]
        self._read(tokens, array(UINT32, map(language.codes.__getitem__, tokens)))

    def row(self, token: int) -> int:
        return bisect_right(self._starts, token) - 1

    def _read(self, tokens: list[str], codes: "array[int]") -> None:
        """Row by row, as there are ten tokens on a line and millions of lines."""
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
