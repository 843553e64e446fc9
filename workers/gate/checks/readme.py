"""The README is there and says what somebody needs who takes the model over."""

import bisect
import re
from collections.abc import Iterator
from typing import Final

from core.gate.check_rules import ReadmeRules
from core.gate.checks import GBI, Finding, ModelRepo, check
from core.gate.facts import CheckFacts
from workers.gate.readme.links import dead_links
from workers.gate.readme.page import PageLine, ReadmePage, plain, read, without_code
from workers.gate.readme.topics import TOPICS, missing

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
MAX_BYTES: Final = 256 * 1024  # five times what the longest allowed text takes
TELLS: Final = ", ".join(topic.name for topic in TOPICS)


@check(
    "readme",
    owner=GBI,
    priority=2,
    title="The README tells about the model",
    mend="Write README.md for a colleague who takes the model over: its purpose, data, owner, "
    "training, metrics and limits, in sections or plain sentences, English or Swedish.",
)
def readme(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding]:
    """Who answers for a model at night, or years later, has nothing else to read.

    Headings are looked at first, then the text. Words that a template left, links that lead
    nowhere and empty sections are told with their lines.
    """
    path = repo.find(facts.layout.readme)
    if path is None:
        yield _not_there(repo, facts.layout.readme)
        return
    data = repo.files[path]
    if wrong := _unreadable(data):
        yield Finding(path, "save it as UTF-8 text", wrong)
        return
    page = read(repo.text(path))
    yield from _length(page, path, facts.rules.readme)
    yield from _sections(page, path)
    for line, wrong in _left_overs(page, repo):
        yield Finding(path, "write what is true of this model, or take it out", wrong, line)
    for line, wrong, mend in dead_links(page, path, repo):
        yield Finding(path, mend, wrong, line)


def _not_there(repo: ModelRepo, wanted: str) -> Finding:
    if link := repo.link(wanted):
        return Finding(link, "commit the file itself in its place", "is a link, which is not read")
    return Finding(wanted, f"add {wanted} with the model's {TELLS}", "is missing")


def _unreadable(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        return f"has {len(data):,} bytes, more than {MAX_BYTES:,}"
    if b"\0" in data:
        return "is no text"
    try:
        data.decode()
    except UnicodeDecodeError:
        return "is not in UTF-8, so letters are lost"
    return ""


def _length(page: ReadmePage, path: str, rules: ReadmeRules) -> Iterator[Finding]:
    words = page.words
    if words < rules.min_words:
        wrong = f"has {words} words of text, fewer than {rules.min_words}"
        yield Finding(path, f"tell about the model's {TELLS}", wrong)
    elif words > rules.max_words:
        wrong = f"has {words:,} words of text, more than {rules.max_words:,}"
        yield Finding(path, "keep what everybody needs, and move the rest to docs/", wrong)


def _sections(page: ReadmePage, path: str) -> Iterator[Finding]:
    for heading in page.headings:
        if heading.is_empty:
            wrong = f"has nothing below the heading “{heading.text}”"
            mend = "write the section, or take it out"
            yield Finding(path, mend, wrong, heading.number, is_advice=True)
    for topic in missing(page):
        yield Finding(path, topic.ask, f"says nothing about {topic.name}")


def _left_overs(page: ReadmePage, repo: ModelRepo) -> Iterator[tuple[int, str]]:
    """Each line that a template has left, and what is wrong there."""
    for line in _lines(page):
        text = without_code(line.text)
        found = next(filter(None, (phrase.search(text) for phrase in PHRASES)), None)
        if found is not None:
            yield line.number, f"still has “{plain(found[0]).strip() or found[0]}” of a template"
    if repo.find(GENERATED[1]) is None and (number := _line_of_generated(page)):
        yield number, OLD_DATA


def _lines(page: ReadmePage) -> Iterator[PageLine]:
    """A heading may well be called TODO: what stands below it is a plan, not a gap."""
    starts = [heading.number for heading in page.headings]
    for line in page.prose:
        above = bisect.bisect(starts, line.number)
        if not above or not PLAN.search(page.headings[above - 1].text):
            yield line


def _line_of_generated(page: ReadmePage) -> int:
    """The first line of a page that speaks of the generated data, or 0."""
    lines = [line for line in page.prose if any(each in line.text for each in GENERATED)]
    text = "\n".join(line.text for line in lines)
    return lines[0].number if lines and all(each in text for each in GENERATED) else 0
