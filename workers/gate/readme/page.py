"""Reads a page of Markdown line by line: its headings, its prose, and which sections are empty.

Pages come from strangers, so no regular expression here may backtrack over the same text.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Final

import msgspec

FENCE: Final = re.compile(r"\s*(`{3,}|~{3,})")  # Within a list a fence may be far to the right.
HEADING: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)")
HTML_HEADING: Final = re.compile(r"\s*<h([1-6])\b[^<>]*>", re.IGNORECASE)
UNDERLINE: Final = re.compile(r" {0,3}(=+|-+)\s*")
LIST_ITEM: Final = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")
NO_PARAGRAPH: Final = re.compile(r"\s*(?:[-*+>|]|\d{1,9}[.)])")
INDENTED: Final = re.compile(r" {4}|\t")
CODE_SPAN: Final = re.compile(r"(?<!`)`++[^`]++`++")
IMAGE: Final = re.compile(r"!\[[^\[\]]*\](?:\([^()]*\)|\[[^\[\]]*\])")
TARGET: Final = re.compile(r"\]\([^()]*\)")
TAG: Final = re.compile(r"<[^<>]*>")
URL: Final = re.compile(r"https?://\S+")
WORD: Final = re.compile(r"\w+")
FRONT_MATTER: Final = "---"


class PageLine(msgspec.Struct, frozen=True):
    number: int
    text: str


class PageHeading(msgspec.Struct, frozen=True):
    """A heading; ``is_title`` marks the first one, and ``is_empty`` a section without content."""

    number: int
    level: int
    text: str
    is_title: bool = False
    is_empty: bool = False


class ReadmePage(msgspec.Struct, frozen=True):
    """A page; ``prose`` holds its lines as written, without code blocks, comments and headings."""

    headings: tuple[PageHeading, ...]
    prose: tuple[PageLine, ...]

    @property
    def words(self) -> int:
        """Return the number of words that people read, without badges, addresses and tags."""
        text = "\n".join(plain(line.text) for line in self.prose)
        return sum(any(map(str.isalpha, word)) for word in WORD.findall(text))


def read(text: str) -> ReadmePage:
    reader = _Reader()
    for number, line in _body(text):
        reader.take(number, line)
    return ReadmePage(tuple(_judged(reader)), tuple(reader.prose))


def plain(text: str) -> str:
    """Return the line without images, link targets, addresses and tags."""
    return TAG.sub(" ", URL.sub(" ", TARGET.sub("] ", IMAGE.sub(" ", text))))


def without_code(text: str) -> str:
    return CODE_SPAN.sub(" ", text)


def _body(text: str) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines, without the settings that site generators put between dashes."""
    lines = text.removeprefix("\ufeff").split("\n")
    start = 0
    if lines and lines[0].rstrip() == FRONT_MATTER:
        ends = (at for at, line in enumerate(lines[1:], 1) if line.rstrip() == FRONT_MATTER)
        start = next(ends, -1) + 1
    return enumerate(lines[start:], start + 1)


class _Reader:
    def __init__(self) -> None:
        self.headings: list[PageHeading] = []
        self.prose: list[PageLine] = []
        self.filled: list[int] = []  # The numbers of the lines that hold anything but a heading.
        self._fence = ""
        self._is_comment = self._is_list = False
        self._was_blank = True
        self._was_code = False

    def take(self, number: int, line: str) -> None:
        if self._fence:
            self.filled.append(number)
            if line.strip().startswith(self._fence) and not line.strip().strip(self._fence[0]):
                self._fence = ""
            return
        text = self._without_comments(line)
        if not text.strip():
            self._was_blank = True
        elif found := FENCE.match(text):
            self._fence = found[1]
            self.filled.append(number)
        elif not self._is_heading(number, text):
            self._content(number, text)

    def _is_heading(self, number: int, text: str) -> bool:
        if found := HEADING.match(text):
            title = text[found.end() :].rstrip().rstrip("#").strip()
            self._head(number, len(found[1]), title)
        elif found := HTML_HEADING.match(text):
            self._head(number, int(found[1]), TAG.sub("", text).strip())
        elif (found := UNDERLINE.fullmatch(text)) and self._is_below_text(number):
            above = self.prose.pop()
            self.filled.pop()
            self._head(above.number, 1 if found[1][0] == "=" else 2, above.text.strip())
        else:
            return False
        self._is_list = self._was_code = False
        self._was_blank = True
        return True

    def _head(self, number: int, level: int, text: str) -> None:
        self.headings.append(PageHeading(number, level, text, is_title=not self.headings))

    def _is_below_text(self, number: int) -> bool:
        """Tell whether dashes here make a heading of the text above; elsewhere they draw a line."""
        if self._was_blank or self._was_code or not self.prose:
            return False
        above = self.prose[-1]
        return above.number == number - 1 and not NO_PARAGRAPH.match(above.text)

    def _content(self, number: int, text: str) -> None:
        self.filled.append(number)
        is_indented = INDENTED.match(text) is not None
        self._was_code = is_indented and not self._is_list and (self._was_blank or self._was_code)
        self._is_list = LIST_ITEM.match(text) is not None or (self._is_list and is_indented)
        self._was_blank = False
        if not self._was_code:
            self.prose.append(PageLine(number, text))

    def _without_comments(self, line: str) -> str:
        kept: list[str] = []
        while line:
            if self._is_comment:
                _, end, line = line.partition("-->")
                self._is_comment = not end
            else:
                before, start, line = line.partition("<!--")
                kept.append(before)
                self._is_comment = bool(start)
        return "".join(kept)


def _judged(reader: _Reader) -> Iterator[PageHeading]:
    """Yield the headings with ``is_empty`` set.

    A section is empty when it holds no text and no deeper heading. One such as
    ``## Owner: credit risk`` says all that is needed by itself.
    """
    filled = iter([*reader.filled, 0])
    content = next(filled)
    for heading, below in itertools.zip_longest(reader.headings, reader.headings[1:]):
        while content and content < heading.number:
            content = next(filled)
        has_content = content > heading.number and (below is None or content < below.number)
        has_sections = below is not None and below.level > heading.level
        says_it = heading.is_title or ": " in heading.text
        is_empty = not (has_content or has_sections or says_it)
        yield msgspec.structs.replace(heading, is_empty=is_empty)
