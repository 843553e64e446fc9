"""requirements.txt: comments gone, continued lines joined, and each line's kind."""

import re
from collections.abc import Iterator
from typing import Final

from core.gate.requirements.entry import Entry, Kind

COMMENT: Final = re.compile(r"(^|\s)#.*$")
OPTION_END: Final = re.compile(r"[\s=]")
ARCHIVES: Final = (".whl", ".tar.gz", ".zip")


def pip_entries(text: str) -> Iterator[Entry]:
    for number, line in _logical_lines(text):
        if line:
            yield pip_entry(line, number)


def pip_entry(wanted: str, number: int) -> Entry:
    """A line without its comment; conda has the same ones below ``pip:``."""
    text = " ".join(wanted.split())
    if text.startswith("-"):
        wrong = f"has the option {OPTION_END.split(text)[0]}"
        return Entry(kind=Kind.OPTION, text=text, line=number, wrong=wrong)
    if _is_address(text):
        wrong = "installs from a folder or an address"
        return Entry(kind=Kind.ADDRESS, text=text, line=number, wrong=wrong)
    return Entry(kind=Kind.PACKAGE, text=text, line=number)


def without_comment(line: str) -> str:
    return COMMENT.sub("", line).strip()


def _is_address(text: str) -> bool:
    first = text.partition(" ")[0].casefold()
    return text.startswith((".", "/")) or "://" in text or first.endswith(ARCHIVES)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Each with the number of its first line; as for pip, a comment is not continued."""
    parts, first = list[str](), 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first or number
        if line.endswith("\\") and not COMMENT.search(line):
            parts.append(line[:-1].strip())
            continue
        yield first, " ".join((*parts, without_comment(line))).strip()
        parts, first = [], 0
    yield first, " ".join(parts).strip()
