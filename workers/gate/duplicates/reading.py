"""Reads a text as rows of tokens: strings and numbers are alike, comments and imports are gone.

Python and SQL are cut fast and without an opinion on whether they are valid. One expression for
each language, and every branch of it ends where it began to differ: the possessive quantifiers
(``*+``) and the optional closing marks leave nothing to go back to, so that the time is linear in
the length of whatever a repository holds.
"""

import re
from array import array
from bisect import bisect_right
from typing import Final, NamedTuple
from zlib import crc32

SKIPPED: Final = 0
LITERAL: Final = 1  # every string and number: a copy often has others
FIRST_NAME: Final = 2
LITERAL_STARTS: Final = frozenset("\"'0123456789")

NAME: Final = r"[a-zA-Z_]\w*+"
NUMBER: Final = r"\d[\w.]*+(?:(?<=[eE])[+-]\d++)?"
SIGN: Final = r"[=!<>+\-*/%&|^:]=|->|\*\*|//|[^\s\w,;]"  # formatters add and remove commas

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


class Codes(dict[str, int]):
    """A number for each token, the same in every process; SKIPPED for what is not compared."""

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
