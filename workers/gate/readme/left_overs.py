"""What a template left in a README: words that stand where the model's own should."""

import bisect
import re
from collections.abc import Iterator
from typing import Final

from core.gate.checks import ModelRepo
from workers.gate.readme.page import Line, Page, plain, without_code

PLACE: Final = r"[^.!?\n]{0,60}"  # within a sentence, and not far
BRACKETED: Final = (
    r"(?:your|insert|add|enter|describe|list|discuss|explain|specify|provide|todo|e\.g|who|how|what|"
    r"name of|date of|link to|(?:model|project|team) name|yyyy)"
)
PHRASES: Final = tuple(
    re.compile(phrase)
    for phrase in (
        r"\b(?:TODO|FIXME|TBD|TBC|XXX)\b(?!\.\w)",
        r"(?i)\blorem ipsum\b",
        rf"(?i)\b(?:describe|explain|insert|fill in|type|enter)\b{PLACE}\bhere\b",
        r"(?i)\b(?:add|write|put)(?: (?:a|the|your|some|more))?(?: \w+)? here\b",
        r"(?i)\badd (?:a|the|your) (?:short )?(?:description|introduction|summary)\b",
        r"(?i)\bshort (?:description|introduction) of (?:the|your|this) (?:project|model)\b",
        r"(?i)\bchoose a self-explaining name for your project\b",
        r"(?i)\blet people know what your project can do\b",
        r"(?i)\bguide users through getting your code up and running\b",
        r"(?i)\bdescribe and show how to build your code\b",
        r"(?i)\bexplain how other users and developers can contribute\b",
        rf"(?i)\b(?:beskriv|skriv|fyll i|ange)\b{PLACE}\bhär\b",
        rf"(?i)\[{BRACKETED}\b[^\[\]]{{0,200}}\](?![(\[:])",
        r"(?i)<(?:your|insert|add|enter|describe|todo)\b[^<>]{0,80}>",
        r"(?i)<(?:model|project|team|owner|your)[ _-]?(?:name|title|description|e?mail)?>",
        r"\{\{[^{}\n]{0,80}\}\}",
    )
)
PLAN: Final = re.compile(r"(?i)\b(?:to-? ?do|roadmap|backlog|next steps|att göra)\b")
GENERATED: Final = ("`sluss init`", "data/loans.csv")
OLD_DATA: Final = "speaks of the generated loans of sluss init, which are not here any more"


def left_overs(page: Page, repo: ModelRepo) -> Iterator[tuple[int, str]]:
    """Line, and what is wrong there."""
    for line in _lines(page):
        text = without_code(line.text)
        found = next(filter(None, (phrase.search(text) for phrase in PHRASES)), None)
        if found is not None:
            yield line.number, f"still has “{plain(found[0]).strip() or found[0]}” of a template"
    if repo.find(GENERATED[1]) is None and (number := _line_of_generated(page)):
        yield number, OLD_DATA


def _lines(page: Page) -> Iterator[Line]:
    """A heading may well be called TODO: what stands below it is a plan, not a gap."""
    starts = [heading.number for heading in page.headings]
    for line in page.prose:
        above = bisect.bisect(starts, line.number)
        if not above or not PLAN.search(page.headings[above - 1].text):
            yield line


def _line_of_generated(page: Page) -> int:
    """Both within one paragraph or two lines that follow each other."""
    lines = [line for line in page.prose if any(each in line.text for each in GENERATED)]
    text = "\n".join(line.text for line in lines)
    return lines[0].number if lines and all(each in text for each in GENERATED) else 0
