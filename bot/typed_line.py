"""A typed line, read as people and chats write it: mentions, marks, quotes, courtesy, links."""

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final
from urllib.parse import unquote, urlsplit

from core.typed_text import clean

# No pattern runs over the beginning of its next match, so that a hostile line is read in no time.
MENTION: Final = re.compile(r"<at\b[^<>]*>((?:(?!<at\b).)*?)</at>", re.IGNORECASE | re.DOTALL)
CALLED: Final = re.compile(r"^\s*@\S+|<@\w+>")
US: Final = "sluss"
# of a formatted message: what a reply quotes, what ends a line, and all else that an editor makes
FORMATTED: Final = re.compile(r"</[a-z]\w*>|<br\b[^<>]*>", re.IGNORECASE)
QUOTED: Final = re.compile(r"(</?blockquote\b[^<>]*>)", re.IGNORECASE)
BREAK: Final = re.compile(r"<br\b[^<>]*>|</(?:div|h\d|li|p|pre)>", re.IGNORECASE)
TAG: Final = re.compile(
    r"</?(?:a|attachment|b|code|codeblock|div|em|emoji|font|h\d|i|img|li|ol|p|pre|s|span|strong"
    r"|u|ul)\b[^<>]*>",
    re.IGNORECASE,
)

FENCE: Final = re.compile(r"^[ ]*`{3,}[ ]*(?:\w+[ ]*)?$", re.MULTILINE)
# around words, never inside one: an underscore of a model's name is a letter of it
EMPHASIS: Final = re.compile(r"[*_~`]+")
ONE_MARK: Final = re.compile(r"\*\*|__|~~|`{1,3}|[*_]")
MARK: Final = "\0"  # stands where a letter of a mark stood; what people type is clean of it

# phones turn straight quotes into curly ones; an apostrophe inside a word is no quote
QUOTE: Final = r'"([^"]*)"|“([^“”]*)”|„([^„“”]*)[“”]'
QUOTE_FIRST: Final = re.compile(QUOTE)
WORD: Final = re.compile(rf"{QUOTE}|(\[[^][\n]*\]\([^\s\0()]+\)|[^\s\0]+)")
LINK: Final = re.compile(r"\[([^][]*)\]\((?:https?://|mailto:)[^\s()]+\)", re.IGNORECASE)
ADDRESS: Final = re.compile(r"https?://[^\s<>|)\]]+", re.IGNORECASE)
OF_WHAT: Final = frozenset({"releases", "models"})  # before a name in our addresses and MLflow's
ESCAPED: Final = re.compile(r"\\([_*`~-])")
BARE: Final = re.compile(r"\w(?:.*\w)?", re.DOTALL)  # of quotes, brackets, bullets, a full stop
DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")  # noqa: RUF001 - as phones write them
UNSEEN: Final = frozenset({"Cf", "Mn"})

GREETINGS: Final = frozenset(
    ("hi", "hello", "hey", "hej", "hallo", "dear", "good", "morning", "afternoon", "evening")
).union(
    ["day", "sluss", "bot", "there", "hejsan", "hei", "god", "morgon", "dag", "guten", "morgen"],
    ["tag", "moin", "servus", "bonjour", "salut", "hola", "buenos", "dias", "días", "ciao"],
    ["yo", "hiya", "howdy", "greetings", "night", "all", "everyone", "team", "tjena", "ola"],
    ["buongiorno", "grüss", "gott"],
)
COURTESY: Final = GREETINGS.union(
    [
        "please",
        "pls",
        "plz",
        "thanks",
        "thank",
        "thx",
        "ty",
        "you",
        "cheers",
        "great",
        "nice",
        "ok",
    ],
    ["okay", "bye", "can", "could", "would", "tack", "snälla", "tak", "takk", "danke", "bitte"],
    ["merci", "gracias", "grazie"],
)


class TypedLine:
    """``words`` name a command and what it is about, bare of all that stands around them.

    ``courtesy`` came before them.
    """

    def __init__(self, text: str) -> None:
        self.text = plain(text)
        marked, self._closers = _marked(self.text)
        typed = ((_bare(match), match) for match in WORD.finditer(marked))
        found = [(word, match.end()) for word, match in typed if _says(word, match)]
        lead = next((n for n, (word, _) in enumerate(found) if not _leads(word)), len(found))
        self.courtesy: Sequence[str] = [word.casefold() for word, _ in found[:lead]]
        found = found[lead:]
        self.words: Sequence[str] = [word for word, _ in found]
        self._ends = [end for _, end in found]

    def rest(self, count: int) -> str:
        """What was typed after ``count`` words, as it was typed; quotes that begin it go."""
        if count > len(self._ends):
            return ""
        start = self._ends[count - 1]
        letters = enumerate(self.text[start:], start)
        # a mark that closes what was opened before it says nothing here
        typed = (letter for place, letter in letters if self._closers.get(place, start) >= start)
        rest = " ".join("".join(typed).split())
        quoted = QUOTE_FIRST.match(rest)
        return f"{_inside(quoted)}{rest[quoted.end() :]}" if quoted else rest


def is_courtesy(word: str) -> bool:
    return word.casefold() in COURTESY


def _leads(word: str) -> bool:
    """Before a command there may be courtesy, or the number of a list."""
    return is_courtesy(word) or word.isdigit()


def plain(text: str) -> str:
    """The text without what the chat adds: mentions of us, tags of a formatted message."""
    found = MENTION.sub(_mentioned, text)
    if FORMATTED.search(found):
        found = TAG.sub("", BREAK.sub("\n", _unquoted(found)))
    found = MENTION.sub(_mentioned, clean(html.unescape(found)))
    found = CALLED.sub(" ", found).strip()
    if whole := QUOTE_FIRST.fullmatch(found):  # copied together with its quotes
        return _inside(whole)
    linked = LINK.fullmatch(found)
    return linked[1] if linked and not ADDRESS.match(linked[1]) else found


def _unquoted(text: str) -> str:
    """The text without what a reply quotes, which may quote another."""
    depth, kept = 0, list[str]()
    for number, piece in enumerate(QUOTED.split(text)):
        if number % 2:  # a tag
            depth = max(0, depth - 1) if piece.startswith("</") else depth + 1
        kept.append(" " if number % 2 else "" if depth else piece)
    return "".join(kept)


def _mentioned(mention: re.Match[str]) -> str:
    """Somebody else's name stays in a sentence, where it is no greeting."""
    is_first = not mention.string[: mention.start()].strip()
    is_us = mention[1].strip().casefold().startswith(US)
    return " " if is_first or is_us else mention[1]


def _marked(text: str) -> tuple[str, dict[int, int]]:
    """The text with its marks blotted out where they stand, and what each closing one closes."""
    closers: dict[int, int] = {}
    letters = list(text)
    fences = list(FENCE.finditer(text))
    pairs = [(a.span(), b.span()) for a, b in zip(fences[::2], fences[1::2], strict=False)]
    for fence in fences:
        letters[slice(*fence.span())] = MARK * len(fence[0])
    for opener, closer in (*pairs, *_emphasis("".join(letters))):
        for start, end in (opener, closer):
            letters[start:end] = MARK * (end - start)
        closers.update(dict.fromkeys(range(*closer), opener[0]))
    return "".join(letters), closers


def _emphasis(text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where marks of the same kind stand around words, each with the nearest that opened it."""
    opened: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for marks in EMPHASIS.finditer(text):
        before, after = (
            text[max(0, marks.start() - 1) : marks.start()],
            text[marks.end() : marks.end() + 1],
        )
        closes = bool(before.strip()) and not after.isalnum()
        opens = bool(after.strip()) and not before.isalnum()
        for mark in ONE_MARK.finditer(text, *marks.span()):
            if closes and opened[mark[0]]:
                yield opened[mark[0]].pop(), mark.span()
            elif opens:
                opened[mark[0]].append(mark.span())


def _bare(match: re.Match[str]) -> str:
    """A word as the name of something: of a link it is what the link leads to."""
    word = ESCAPED.sub(r"\1", match[4] or _inside(match)).replace(MARK, "")
    link = LINK.search(word)
    if link and link[1] and not ADDRESS.match(link[1]):
        word = link[1]
    elif address := ADDRESS.search(word):
        word = _named_by(address[0])
    seen = (letter for letter in word if unicodedata.category(letter) not in UNSEEN)
    bare = BARE.search("".join(seen).translate(DASHES))
    return bare[0].removeprefix("mailto:") if bare else ""


def _says(word: str, match: re.Match[str]) -> bool:
    """A bullet and an emoji say nothing; an empty pair of quotes says that there is nothing."""
    return match[4] is None or any(map(str.isalnum, word))


def _inside(quoted: re.Match[str]) -> str:
    return "".join(filter(None, quoted.groups()[:3])).strip()


def _named_by(address: str) -> str:
    """The model or the release that an address of a page leads to."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    steps = [unquote(step) for step in re.split(r"[/?#]", f"{parts.path}/{parts.fragment}") if step]
    named = (name for kind, name in pairwise(steps) if kind in OF_WHAT)
    return next(named, steps[-1] if steps else "")
