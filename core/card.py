"""A card for people, free of any chat product: adapters encode it for their surface."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

import msgspec


class Tone(StrEnum):
    """What a text means, not its colour: each surface has its own palette, light and dark."""

    PLAIN = "plain"
    SUBTLE = "subtle"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    ACCENT = "accent"


class Dated(str):
    """A text with moments in it: ``Dated("Stuck since ", release.changed)``.

    As a str it is plain, each moment with its day and its zone. ``parts`` are its words and its
    moments, so that a surface can write these for the reader's own zone; words that touch are one,
    or what a surface looks for in them could be spread over two.
    """

    __slots__ = ("parts",)
    parts: tuple[str | datetime, ...]

    def __new__(cls, *parts: str | datetime) -> Self:
        made = super().__new__(cls, "".join(map(_plain, parts)))
        nested = (part.parts if isinstance(part, Dated) else (part,) for part in parts)
        made.parts = tuple(_joined(part for inner in nested for part in inner))
        return made


def _joined(parts: Iterable[str | datetime]) -> Iterator[str | datetime]:
    words = ""
    for part in parts:
        if isinstance(part, str):
            words += part
            continue
        if words:
            yield words
        words = ""
        yield part
    if words:
        yield words


def _plain(part: str | datetime) -> str:
    return part if isinstance(part, str) else f"{part.astimezone(UTC):%Y-%m-%d %H:%M UTC}"


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    text: str
    is_large: bool = True


class Text(msgspec.Struct, frozen=True, tag="text"):
    """One paragraph of plain words: what a surface would obey in them, its encoder escapes.

    That holds for every text of a card; a Dated one has moments in it.
    """

    text: str
    tone: Tone = Tone.PLAIN
    is_monospace: bool = False
    is_bold: bool = False


class Banner(msgspec.Struct, frozen=True, tag="banner"):
    """The verdict: one line on a coloured ground."""

    text: str
    tone: Tone


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    rows: tuple[tuple[str, str], ...]


class Cell(msgspec.Struct, frozen=True):
    text: str
    tone: Tone = Tone.PLAIN


class Table(msgspec.Struct, frozen=True, tag="table"):
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class TextInput(msgspec.Struct, frozen=True, kw_only=True, tag="text_input"):
    id: str
    label: str
    is_required: bool = False
    is_multiline: bool = True
    placeholder: str = ""


class Link(msgspec.Struct, frozen=True, tag="link"):
    title: str
    url: str


class Button(msgspec.Struct, frozen=True, kw_only=True, tag="button"):
    """Sends ``verb`` and ``data`` with the card's inputs. ``data`` only names things."""

    title: str
    verb: str
    data: dict[str, str] = {}
    tone: Tone = Tone.PLAIN  # GOOD: the expected choice; BAD: destructive
    needs_inputs: bool = True  # False: goes without the inputs, so a required one may be empty


class Section(msgspec.Struct, frozen=True, kw_only=True, tag="section"):
    """Details behind a title that opens with a tap; closed at first unless ``is_open``."""

    title: str
    body: tuple["Element", ...]
    is_open: bool = False


Element = Heading | Text | Banner | Facts | Table | TextInput | Section


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """``summary`` is the one line for notifications and clients that show no cards.

    An ``is_private`` card answers one person's click and leaves the posted card to everybody else.
    """

    summary: str
    body: tuple[Element, ...]
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    is_private: bool = False
