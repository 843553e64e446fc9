"""Finds secrets in the columns of tables, named by their head, and in lines of ``.pgpass``."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from workers.gate.secret_scan import values
from workers.gate.secret_scan.detectors.assignments import judged
from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage
from workers.gate.secret_scan.names import Promise, promise
from workers.gate.secret_scan.placeholders import is_open
from workers.gate.secret_scan.text import words

FIELDS: Final = words(".csv .tsv .psv")
DIVIDERS: Final = ",;\t|"
MOST_COLUMNS: Final = 200
LONGEST_NAME: Final = 60

# In Markdown this line stands below the head of a table.
_RULE: Final = re.compile(r"[ \t]*\|?[ \t:|\-]{3,}\|?[ \t]*")
_HINT: Final = re.compile(r"pass|pwd|secret|token|key|cred|pw\b")
_PASSWORD_FILE: Final = re.compile(  # host:port:database:user:password
    r"^(?!#)(?:[^:\n]{1,255}:){4}(?P<secret>[^:\n]{4,128})$", re.MULTILINE
)


class Tables(Detector):
    secret_type = "secret in a table"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        path = page.path.lower()
        if path.endswith(tuple(FIELDS)):
            yield from _fields(page)
        elif path.endswith(("pgpass", "pgpass.conf")):
            yield from _password_file(page)
        elif "|" in page.text:
            yield from _markdown(page)


def _fields(page: ScannedPage) -> Iterator[Hit]:
    lines = _lines(page.text)
    _, head = next(lines, (0, ""))
    divider = max(DIVIDERS, key=head.count)
    named = _named(head.split(divider))
    for start, line in lines if named else ():
        yield from _row(page, start, line.split(divider), named)


def _markdown(page: ScannedPage) -> Iterator[Hit]:
    named: dict[int, Promise] = {}
    for (start, line), (_, below) in pairwise([*_lines(page.text), (0, "")]):
        if "|" not in line:
            named = {}
        elif _RULE.fullmatch(below) and "-" in below:
            named = _named(line.split("|")) if _HINT.search(line.lower()) else {}
        elif named and not _RULE.fullmatch(line):
            yield from _row(page, start, line.split("|"), named)


def _password_file(page: ScannedPage) -> Iterator[Hit]:
    for match in _PASSWORD_FILE.finditer(page.text):
        value = match["secret"]
        if (values.is_chosen(value) or values.is_random(value)) and is_open(value):
            yield Hit("password", match.start("secret"), value)


def _named(head: list[str]) -> dict[int, Promise]:
    """Return the columns whose names promise a secret, by their number."""
    names = [name.strip(" \t\"'`*") for name in head[:MOST_COLUMNS]]
    made = {number: promise(name) for number, name in enumerate(names) if len(name) <= LONGEST_NAME}
    return {number: each for number, each in made.items() if each is not Promise.NOTHING}


def _row(
    page: ScannedPage, start: int, cells: list[str], named: dict[int, Promise]
) -> Iterator[Hit]:
    at = start
    for number, cell in enumerate(cells):
        if number in named:
            yield from judged(page, at, cell.strip(" \t\"'`*"), named[number])
        at += len(cell) + 1


def _lines(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.split("\n"):
        yield at, line
        at += len(line) + 1
