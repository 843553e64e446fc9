"""Which threads of a pull request say what, and what has to be written so that they say it now.

A thread of ours begins with a comment that our identity wrote, and that ends with a marker which
nobody sees. A marker in somebody else's comment means nothing. What a person closed stays closed.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from core.count import count
from core.markdown import plain
from core.platform import canonical_id
from core.ports import Remark

MOST: Final = 50  # threads that are open at a time
NAMED: Final = 12  # checks, in the thread of what has no thread of its own
MARKER: Final = "<!-- sluss:remark {key} -->"
FIND_MARKER: Final = re.compile(
    r"<!-- sluss:remark ([0-9a-f]{16}) (\d{1,9}) ([0-9a-f]{16}) -->\s*$"
)
KEY: Final = "sluss.remark"  # properties of a thread: the marker once more, for a deleted comment,
CLOSED: Final = "sluss.closed"  # and whether it was us who closed it
OPEN: Final = frozenset({"active", "pending", "unknown"})
FIXED: Final = "fixed"
REST: Final = "Besides these the gate has {count}: {checks}. {where}"
ALL_AT: Final = "All are at {url}"
ON_CARD: Final = "The card of the release has all of them."
AT_START: Final = re.compile(r"^(?:([-+=:])|(\d+)([.)]))")
LONGEST_PARAGRAPH: Final = 1_000  # letters
MOST_PARAGRAPHS: Final = 20


class Marker(msgspec.Struct, frozen=True):
    """What a thread is about: digests of its path and of its words, and the line."""

    path: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.path} {self.line} {self.words}"

    @property
    def place(self) -> tuple[str, int]:
        return self.path, self.line


class OurThread(msgspec.Struct, frozen=True, kw_only=True):
    """A thread of ours as Azure DevOps has it."""

    number: int
    comment: int
    marker: Marker
    status: str
    was_closed_by_us: bool
    is_at_file: bool

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class WantedThread(msgspec.Struct, frozen=True, kw_only=True):
    """What a thread should say; ``text`` is Markdown."""

    remark: Remark
    marker: Marker
    text: str

    def content(self, *, is_at_file: bool) -> str:
        """Return the comment with its marker; a thread that stands at no file names its place."""
        path, line = self.remark.path, self.remark.line
        place = f"**{plain(f'{path}:{line}' if line else path)}**\n\n" if path else ""
        named = "" if is_at_file else place
        return f"{named}{self.text}\n\n{MARKER.format(key=self.marker)}"


class Open(msgspec.Struct, frozen=True):
    wanted: WantedThread


class Reword(msgspec.Struct, frozen=True):
    thread: OurThread
    wanted: WantedThread


class Reopen(msgspec.Struct, frozen=True):
    thread: OurThread


class Close(msgspec.Struct, frozen=True):
    """``is_fixed``: it is gone; else it is there still, and graver ones have taken its place."""

    thread: OurThread
    is_fixed: bool


Change = Open | Reword | Reopen | Close


def our_threads(found: Iterable[Any], us: str) -> list[OurThread]:
    """Return the threads that we began, out of those that the SDK brings, the oldest first."""
    ours = (_ours(thread, us) for thread in found)
    return sorted(filter(None, ours), key=lambda thread: thread.number)


def changes(remarks: Sequence[Remark], found: Iterable[OurThread], url: str) -> Iterator[Change]:
    """Yield one write for each thread that changes; nothing where all is said already."""
    shown = _shown(remarks, url)
    kept = {_wanted(remark).marker for remark in remarks}
    pairs, left, new = _paired(shown, list(found))
    for thread, wanted in pairs:
        if thread.is_open and thread.marker.words != wanted.marker.words:
            yield Reword(thread, wanted)
        elif not thread.is_open and thread.was_closed_by_us:
            yield Reopen(thread)
    for thread in left:
        if thread.is_open and not thread.was_closed_by_us:
            yield Close(thread, is_fixed=thread.marker not in kept)
    yield from map(Open, new)


def _shown(remarks: Sequence[Remark], url: str) -> list[WantedThread]:
    """The gravest, and one thread for the others."""
    if len(remarks) <= MOST:
        return [_wanted(remark) for remark in remarks]
    return [*map(_wanted, remarks[: MOST - 1]), _rest(remarks[MOST - 1 :], url)]


def _paired(
    wanted: list[WantedThread], found: list[OurThread]
) -> tuple[list[tuple[OurThread, WantedThread]], list[OurThread], list[WantedThread]]:
    """Find the thread of each: by place and words, by words that moved, by the place alone.

    Other words at a place that is closed are a finding of their own.
    """
    pairs: list[tuple[OurThread, WantedThread]] = []
    for same in (_is_same, _has_moved, _says_other):
        wanted, left = list(wanted), []
        for thread in sorted(found, key=lambda each: not each.is_open):
            at = next((each for each in wanted if same(thread, each.marker)), None)
            if at is None:
                left.append(thread)
            else:
                wanted.remove(at)
                pairs.append((thread, at))
        found = left
    return pairs, found, wanted


def _is_same(thread: OurThread, marker: Marker) -> bool:
    return thread.marker == marker


def _has_moved(thread: OurThread, marker: Marker) -> bool:
    return (thread.marker.path, thread.marker.words) == (marker.path, marker.words)


def _says_other(thread: OurThread, marker: Marker) -> bool:
    return thread.is_open and thread.marker.place == marker.place


def _wanted(remark: Remark) -> WantedThread:
    text = paragraphs(remark.text)
    marker = Marker(_digest(remark.path), max(0, remark.line), _digest(text))
    return WantedThread(remark=remark, marker=marker, text=text)


def _rest(remarks: Sequence[Remark], url: str) -> WantedThread:
    """Count the others by their checks, so that it says the same while they are as many."""
    about = Counter(check for remark in remarks for check in remark.about or ("others",))
    named = [f"{plain(check)} {number}" for check, number in about.most_common(NAMED)]
    if len(about) > NAMED:
        named.append(f"{count(len(about) - NAMED, 'more check')}")
    text = REST.format(
        count=count(sum(about.values()), "more finding"),
        checks=", ".join(named),
        where=ALL_AT.format(url=url) if url else ON_CARD,
    )
    marker = Marker(_digest(REST), 0, _digest(text))
    return WantedThread(remark=Remark(text=""), marker=marker, text=text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _ours(thread: Any, us: str) -> OurThread | None:
    first = min(thread.comments or (), key=lambda each: int(each.id), default=None)
    if first is None or first.author is None or canonical_id(str(first.author.id)) != us:
        return None
    properties = thread.properties or {}
    is_deleted = bool(thread.is_deleted or first.is_deleted)
    marker = _read(first.content or "") or _read(MARKER.format(key=_value(properties, KEY)))
    if marker is None:
        return None
    status = "" if is_deleted else str(thread.status or "")
    return OurThread(
        number=thread.id,
        comment=first.id,
        marker=marker,
        status=status,
        was_closed_by_us=_was_closed_by_us(properties, status),
        is_at_file=thread.thread_context is not None,
    )


def _was_closed_by_us(properties: Any, status: str) -> bool:
    """A host that keeps no properties does not tell: what is fixed there was closed by us."""
    if not _value(properties, KEY):
        return status == FIXED
    return bool(_value(properties, CLOSED))


def _read(content: str) -> Marker | None:
    found = FIND_MARKER.search(content)
    return Marker(found[1], int(found[2]), found[3]) if found else None


def _value(properties: Any, name: str) -> str:
    """Read a property, which is told bare or with its type."""
    found = properties.get(name, "")
    return str(found.get("$value", "") if isinstance(found, dict) else found or "")


def paragraphs(text: str) -> str:
    """Make each line a paragraph, in which nothing that others wrote is a mark."""
    lines = [_paragraph(line) for line in text.splitlines() if line.strip()]
    hidden = len(lines) - MOST_PARAGRAPHS
    more = [f"… and {hidden} more here."] if hidden > 0 else []
    return "\n\n".join([*lines[:MOST_PARAGRAPHS], *more])


def _paragraph(line: str) -> str:
    """A line that begins as an item of a list, a rule or a heading does is none."""
    return AT_START.sub(_at_start, plain(line.strip(), LONGEST_PARAGRAPH))


def _at_start(found: re.Match[str]) -> str:
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"
