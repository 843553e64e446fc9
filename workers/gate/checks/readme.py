"""The check ``readme``: the README is there and tells what a new owner of the model needs."""

import bisect
import itertools
import posixpath
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from core.count import count
from core.gate.check_rules import ReadmeRules
from core.gate.checks import GBI, Finding, ModelRepo, check
from core.gate.facts import CheckFacts
from workers.gate.readme.page import (
    TAG,
    PageHeading,
    PageLine,
    ReadmePage,
    plain,
    read,
    without_code,
)
from workers.gate.readme.topics import TOPICS, missing

PLACE: Final = r"[^.!?\n]{0,60}"  # The words between stay within one sentence, and near.
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
MAX_BYTES: Final = 256 * 1024  # This is five times the size of the longest text that is allowed.
TELLS: Final = ", ".join(topic.name for topic in TOPICS)
INLINE: Final = re.compile(r"\]\(\s*(<[^<>]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?=[\s)])")
REFERENCE: Final = re.compile(r" {0,3}\[(?!\^)[^\[\]]+\]:\s*(<[^<>]*>|\S+)")
ATTRIBUTE: Final = re.compile(r"""(?i)\b(?:href|src)\s{0,9}=\s{0,9}["']([^"']*)["']""")
ANCHOR_NAME: Final = re.compile(r"""(?i)\b(?:id|name)\s{0,9}=\s{0,9}["']([^"']*)["']""")
OWN_ANCHOR: Final = re.compile(r"\{#([^{}\s]+)\}")
SCHEME: Final = re.compile(r"(?i)[a-z][a-z0-9+.-]*:|//")
ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
NUMBERED: Final = re.compile(r"-\d+$")
NOT_WORD: Final = re.compile(r"[\W_]+")
MOST_LINKS: Final = 2_000  # More links of one page are not tried.
TOP: Final = ("", "top", "readme")


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
    for line, wrong, mend in _dead_links(page, path, repo):
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
        wrong = f"has {count(words, 'word')} of text, fewer than {rules.min_words}"
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
    """Yield the number of each line that a template left unfilled, and what is wrong there."""
    for line in _lines(page):
        text = without_code(line.text)
        found = next(filter(None, (phrase.search(text) for phrase in PHRASES)), None)
        if found is not None:
            yield line.number, f"still has “{plain(found[0]).strip() or found[0]}” of a template"
    if repo.find(GENERATED[1]) is None and (number := _line_of_generated(page)):
        yield number, OLD_DATA


def _lines(page: ReadmePage) -> Iterator[PageLine]:
    """Yield the lines of prose, except those below a TODO heading, where open work is a plan."""
    starts = [heading.number for heading in page.headings]
    for line in page.prose:
        above = bisect.bisect(starts, line.number)
        if not above or not PLAN.search(page.headings[above - 1].text):
            yield line


def _line_of_generated(page: ReadmePage) -> int:
    """Return the number of the first line that mentions the generated data, or 0."""
    lines = [line for line in page.prose if any(each in line.text for each in GENERATED)]
    text = "\n".join(line.text for line in lines)
    return lines[0].number if lines and all(each in text for each in GENERATED) else 0


class _Places:
    """Knows what a link may lead to: files, their folders, and links of the repository."""

    def __init__(self, repo: ModelRepo) -> None:
        self._repo = repo
        self._by_low_name = {path.casefold(): path for path in repo.files}
        parents = (posixpath.dirname(path) for path in repo.files)
        self._folders = {folder for parent in {*parents} for folder in _above(parent)}

    def has(self, path: str) -> bool:
        is_known = path in self._repo.files or path in self._folders
        return is_known or self._repo.link(path) is not None

    def spelt_otherwise(self, path: str) -> str:
        return self._by_low_name.get(path.casefold(), "")


def _above(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = posixpath.dirname(folder)


def _dead_links(page: ReadmePage, path: str, repo: ModelRepo) -> Iterator[tuple[int, str, str]]:
    """Yield the line of each dead link, the fault and the mend; other hosts are not asked."""
    anchors, places = _anchors(page), _Places(repo)
    for line, target in itertools.islice(dict.fromkeys(_targets(page)), MOST_LINKS):
        place, _, anchor = target.partition("#")
        place = unquote(place.partition("?")[0])
        if SCHEME.match(target):
            continue
        if not place:
            if not _is_anchor(unquote(anchor), anchors):
                yield line, f"links to #{anchor}, and no heading is called so", "name a heading"
            continue
        wrong, mend = _problem(places, path, place)
        if wrong:
            yield line, f"links to {place}, {wrong}", mend


def _targets(page: ReadmePage) -> Iterator[tuple[int, str]]:
    lines: list[PageLine | PageHeading] = [*page.prose, *page.headings]
    for line in sorted(lines, key=lambda each: each.number):
        text = without_code(line.text)
        found = [*INLINE.findall(text), *ATTRIBUTE.findall(text)]
        if reference := REFERENCE.match(text):
            found.append(reference[1])
        for target in found:
            yield line.number, ESCAPED.sub(r"\1", target.strip("<>").strip())


def _problem(places: _Places, page: str, place: str) -> tuple[str, str]:
    """Return what is wrong with a link, and the mend. In Azure Repos ``/x`` starts at the root."""
    base = "" if place.startswith("/") else posixpath.dirname(page)
    path = posixpath.normpath(posixpath.join(base, place.lstrip("/") or "."))
    if path == ".." or path.startswith("../"):
        return "which is outside the repository", "link to it by its full address"
    if path == "." or places.has(path):
        return "", ""
    if other := places.spelt_otherwise(path):
        return "which is spelt otherwise", f"write {other}: names of links have a case"
    return "which is not there", "mend the link, or commit the file"


def _anchors(page: ReadmePage) -> set[str]:
    """Return the anchors as letters and digits only, since every host builds them differently."""
    texts = [heading.text for heading in page.headings]
    lines: list[PageLine | PageHeading] = [*page.prose, *page.headings]
    for line in lines:
        texts += [*ANCHOR_NAME.findall(line.text), *OWN_ANCHOR.findall(line.text)]
    names = {_letters(text) for text in texts}
    return names | {_letters(OWN_ANCHOR.sub("", text)) for text in texts}


def _is_anchor(anchor: str, anchors: set[str]) -> bool:
    wanted = anchor.removeprefix("user-content-")
    if wanted.casefold() in TOP:
        return True
    return _letters(wanted) in anchors or _letters(NUMBERED.sub("", wanted)) in anchors


def _letters(text: str) -> str:
    return NOT_WORD.sub("", TAG.sub("", INLINE.sub("]", text))).casefold()
