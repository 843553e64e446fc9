"""The README is there and says what somebody needs who takes the model over."""

from collections.abc import Iterator
from typing import Final

from core.gate.checks import GBI, Finding, ModelRepo, check
from core.gate.facts import Facts
from core.gate.rules import ReadmeRules
from workers.gate.readme.left_overs import left_overs
from workers.gate.readme.links import dead_links
from workers.gate.readme.page import Page, read
from workers.gate.readme.topics import TOPICS, missing

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
def readme(repo: ModelRepo, facts: Facts) -> Iterator[Finding]:
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
    for line, wrong in left_overs(page, repo):
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


def _length(page: Page, path: str, rules: ReadmeRules) -> Iterator[Finding]:
    words = page.words
    if words < rules.min_words:
        wrong = f"has {words} words of text, fewer than {rules.min_words}"
        yield Finding(path, f"tell about the model's {TELLS}", wrong)
    elif words > rules.max_words:
        wrong = f"has {words:,} words of text, more than {rules.max_words:,}"
        yield Finding(path, "keep what everybody needs, and move the rest to docs/", wrong)


def _sections(page: Page, path: str) -> Iterator[Finding]:
    for heading in page.headings:
        if heading.is_empty:
            wrong = f"has nothing below the heading “{heading.text}”"
            mend = "write the section, or take it out"
            yield Finding(path, mend, wrong, heading.number, is_advice=True)
    for topic in missing(page):
        yield Finding(path, topic.ask, f"says nothing about {topic.name}")
