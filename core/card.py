"""A card for people, free of any chat product: adapters encode it for their surface."""

from enum import StrEnum

import msgspec


class Tone(StrEnum):
    """What a text means, not its colour: each surface has its own palette, light and dark."""

    PLAIN = "plain"
    SUBTLE = "subtle"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    ACCENT = "accent"


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    text: str
    is_large: bool = True


class Text(msgspec.Struct, frozen=True, tag="text"):
    """One paragraph. Plain words: markdown characters from outside are escaped by the encoder."""

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
