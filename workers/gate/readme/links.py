"""The links of a page that lead to nothing in the repository."""

import itertools
import posixpath
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from core.gate.checks import ModelRepo
from workers.gate.readme.page import TAG, PageHeading, PageLine, ReadmePage, without_code

INLINE: Final = re.compile(r"\]\(\s*(<[^<>]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?=[\s)])")
REFERENCE: Final = re.compile(r" {0,3}\[(?!\^)[^\[\]]+\]:\s*(<[^<>]*>|\S+)")
ATTRIBUTE: Final = re.compile(r"""(?i)\b(?:href|src)\s{0,9}=\s{0,9}["']([^"']*)["']""")
ANCHOR_NAME: Final = re.compile(r"""(?i)\b(?:id|name)\s{0,9}=\s{0,9}["']([^"']*)["']""")
OWN_ANCHOR: Final = re.compile(r"\{#([^{}\s]+)\}")
SCHEME: Final = re.compile(r"(?i)[a-z][a-z0-9+.-]*:|//")
ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
NUMBERED: Final = re.compile(r"-\d+$")
NOT_WORD: Final = re.compile(r"[\W_]+")
MOST: Final = 2_000  # links of a page that are tried
TOP: Final = ("", "top", "readme")


class _Places:
    """What a link may lead to: files, folders of files, and links of the repository itself."""

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


def dead_links(page: ReadmePage, path: str, repo: ModelRepo) -> Iterator[tuple[int, str, str]]:
    """Each dead link by line, with what is wrong and what to do; other machines are not tried."""
    anchors, places = _anchors(page), _Places(repo)
    for line, target in itertools.islice(dict.fromkeys(_targets(page)), MOST):
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
    """What is wrong with a link as Azure Repos shows it (``/x``: from the root), and the mend."""
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
    """Hosts make anchors in different ways: only letters and digits are compared."""
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
