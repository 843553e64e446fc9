"""Encodes the elements of a card as Adaptive Card 1.5 elements, within limits of length.

Reference: https://adaptivecards.io/explorer/. Free text goes into RichTextBlock, which reads no
markdown at all; in elements that do (TextBlock, FactSet) the text is escaped. Only these show a
moment in the reader's zone, so a text with one goes there:
https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features
"""

import re
from typing import Any, Final

import msgspec

from adapters.teams.card_text import clip, escape, inert, moment
from core.card import (
    Banner,
    Cell,
    Dated,
    Element,
    Facts,
    Heading,
    Section,
    Table,
    Text,
    TextInput,
    Tone,
)
from core.typed_text import LONGEST, clean

Json = dict[str, Any]

COLOURS: Final = {
    Tone.GOOD: "good",
    Tone.WARN: "warning",
    Tone.BAD: "attention",
    Tone.ACCENT: "accent",
}
GROUNDS: Final = COLOURS | {Tone.PLAIN: "emphasis", Tone.SUBTLE: "emphasis"}
NUMBER = re.compile(r"[+\-±]?[\d.,\s]+(?:e[+-]?\d+)?\s?%?|-|–|new|gone|same", re.IGNORECASE)  # noqa: RUF001
NARROWEST, WIDEST = 5, 24  # bounds of a column's share of the width, in letters
GAP, PHONE, WRAPPED = 2, 40, 8  # before a number; in a line of a phone; where words may wrap


class CardLimits(msgspec.Struct, frozen=True):
    """How much of a card is shown: elements in a part, rows in a table, letters in a text."""

    elements: int
    rows: int
    letters: int


def more(count: int) -> Json:
    return _rich(f"and {count} more on the page", Tone.SUBTLE, spacing="Small")


class Encoder:
    """Encodes one card; section ids are unique in it, and stay the same in its next version."""

    def __init__(self, limits: CardLimits) -> None:
        self._limits = limits
        self._sections: dict[str, int] = {}

    def body(self, elements: tuple[Element, ...]) -> list[Json]:
        shown = elements[: self._limits.elements]
        found = [json for element in shown for json in self._element(element)]
        hidden = len(elements) - len(shown)
        return [*found, more(hidden)] if hidden else found

    def _element(self, element: Element) -> list[Json]:
        match element:
            case Heading():
                return [self._heading(element)]
            case Text():
                return self._text(element)
            case Banner():
                return [self._banner(element)]
            case Facts():
                return self._facts(element)
            case Table():
                return self._table(element)
            case TextInput():
                return [self._input(element)]
            case Section():
                return self._section(element)

    def _heading(self, heading: Heading) -> Json:
        size = {"size": "Large"} if heading.is_large else {}
        text = self._escaped(heading.text)
        block = {"type": "TextBlock", "text": text, "style": "heading", "wrap": True}
        return {**block, "weight": "Bolder", **size}

    def _text(self, text: Text) -> list[Json]:
        """Encode one block for each line, as inline text has no line breaks."""
        if isinstance(text.text, Dated):
            return [_dated(self._escaped(text.text), text.tone, is_bold=text.is_bold)]
        lines = self._short(text.text).split("\n")
        shown = lines[: self._limits.rows]
        kinds = {"is_bold": text.is_bold, "is_monospace": text.is_monospace}
        found = [
            _rich(line or " ", text.tone, spacing="None" if number else "Small", **kinds)
            for number, line in enumerate(shown)
        ]
        return [*found, more(len(lines) - len(shown))] if len(lines) > len(shown) else found

    def _banner(self, banner: Banner) -> Json:
        text = self._escaped(banner.text)
        block = {"type": "TextBlock", "text": text, "wrap": True, "weight": "Bolder"}
        colour = COLOURS.get(banner.tone)
        inner = {**block, "color": colour} if colour else block
        return {"type": "Container", "style": GROUNDS[banner.tone], "items": [inner]}

    def _facts(self, facts: Facts) -> list[Json]:
        shown = facts.rows[: self._limits.rows]
        pairs = [
            {"title": self._escaped(name), "value": self._escaped(value) or "-"}
            for name, value in shown
        ]
        hidden = len(facts.rows) - len(shown)
        found: list[Json] = [{"type": "FactSet", "facts": pairs}] if pairs else []
        return [*found, more(hidden)] if hidden else found

    def _table(self, table: Table) -> list[Json]:
        shown = table.rows[: self._limits.rows]
        if not table.header:
            return []
        header = tuple(Cell(name, Tone.SUBTLE) for name in table.header)
        rows = (header, *(_filled(row, len(header)) for row in shown))
        found: Json = {
            "type": "Table",
            "columns": _columns(rows),
            "rows": [self._row(row, is_bold=row is header) for row in rows],
            "showGridLines": False,
            "firstRowAsHeader": True,
            "fallback": {"type": "Container", "items": [self._line(row) for row in rows]},
        }
        hidden = len(table.rows) - len(shown)
        return [found, more(hidden)] if hidden else [found]

    def _row(self, row: tuple[Cell, ...], *, is_bold: bool) -> Json:
        cells = [{"type": "TableCell", "items": [self._cell(cell, is_bold)]} for cell in row]
        return {"type": "TableRow", "cells": cells}

    def _cell(self, cell: Cell, is_bold: bool) -> Json:  # noqa: FBT001 - of its row
        if isinstance(cell.text, Dated):
            return _dated(self._escaped(cell.text), cell.tone, is_bold=is_bold)
        return _rich(self._short(cell.text) or " ", cell.tone, is_bold=is_bold)

    def _line(self, row: tuple[Cell, ...]) -> Json:
        """Encode a row as one line, for clients that have no tables."""
        text = " · ".join(self._short(cell.text) or "-" for cell in row)
        return {"type": "RichTextBlock", "inlines": [text]}

    def _input(self, asked: TextInput) -> Json:
        found: Json = {
            "type": "Input.Text",
            "id": asked.id,
            "label": self._short(asked.label),  # plain text for every renderer
            "isMultiline": asked.is_multiline,
            "maxLength": LONGEST,
        }
        if asked.placeholder:
            found["placeholder"] = self._short(asked.placeholder)
        if asked.is_required:
            found |= {
                "isRequired": True,
                "errorMessage": f"{escape(found['label'])}: please fill this in",
            }
        return found

    def _section(self, section: Section) -> list[Json]:
        """Encode a title that opens its details with a tap; one of two words says the state."""
        name = self._section_id(section.title)
        opened, closed = f"{name}-open", f"{name}-closed"
        toggle = {
            "type": "Action.ToggleVisibility",
            "title": self._short(section.title),
            "targetElements": [name, opened, closed],
        }
        marks = [
            _mark("open ▾", opened, section.is_open),
            _mark("closed ▸", closed, not section.is_open),
        ]
        title = {"type": "Column", "width": "stretch", "items": [self._section_title(section)]}
        columns = [title, {"type": "Column", "width": "auto", "items": marks}]
        head: Json = {"type": "ColumnSet", "id": f"{name}-head", "columns": columns}
        head["selectAction"] = toggle
        body = self.body(section.body)
        details: Json = {"type": "Container", "id": name, "items": body}
        return [head, details if section.is_open else {**details, "isVisible": False}]

    def _section_title(self, section: Section) -> Json:
        text = self._escaped(section.title)
        return {"type": "TextBlock", "text": text, "wrap": True, "weight": "Bolder"}

    def _section_id(self, title: str) -> str:
        slug = re.sub(r"[^a-z]+", "-", title.casefold()).strip("-")[:40] or "details"
        self._sections[slug] = self._sections.get(slug, 0) + 1
        return f"{slug}-{self._sections[slug]}"

    def _short(self, text: str) -> str:
        return clip(inert(clean(text)), self._limits.letters)

    def _escaped(self, text: str) -> str:
        """Write the moments of a text as the reader's; one that is cut is plain."""
        if not isinstance(text, Dated) or len(text) > self._limits.letters:
            return escape(self._short(text))
        return "".join(
            escape(self._short(part)) if isinstance(part, str) else moment(part)
            for part in text.parts
        )


def _rich(text: str, tone: Tone = Tone.PLAIN, *, spacing: str = "", **kinds: bool) -> Json:
    run: Json = {"type": "TextRun", "text": text}
    if tone in COLOURS:
        run["color"] = COLOURS[tone]
    if tone is Tone.SUBTLE:
        run["isSubtle"] = True
    if kinds.get("is_bold"):
        run["weight"] = "Bolder"
    if kinds.get("is_monospace"):
        run |= {"fontType": "Monospace", "size": "Small"}
    inline: Json | str = run if len(run) > 2 else text  # noqa: PLR2004 - nothing but type and text
    block: Json = {"type": "RichTextBlock", "inlines": [inline]}
    return {**block, "spacing": spacing} if spacing else block


def _dated(text: str, tone: Tone, *, is_bold: bool) -> Json:
    """Encode a text with moments, which an inline text would not show as such."""
    block: Json = {"type": "TextBlock", "text": text.replace("\n", "\n\n"), "wrap": True}
    colour = {"color": COLOURS[tone]} if tone in COLOURS else {}
    subtle = {"isSubtle": True} if tone is Tone.SUBTLE else {}
    bold = {"weight": "Bolder"} if is_bold else {}
    return {**block, "spacing": "Small", **colour, **subtle, **bold}


def _mark(sign: str, name: str, is_visible: bool) -> Json:  # noqa: FBT001 - two marks, two states
    mark: Json = {"type": "TextBlock", "text": sign, "id": name, "isSubtle": True}
    return mark if is_visible else {**mark, "isVisible": False}


def _filled(row: tuple[Cell, ...], width: int) -> tuple[Cell, ...]:
    return (row + (Cell(""),) * width)[:width]


def _columns(rows: tuple[tuple[Cell, ...], ...]) -> list[Json]:
    """Return the widths, by the longest text; a column of numbers is aligned to the right.

    On a phone words wrap, so that no number breaks, nor touches its neighbour.
    """
    columns = list(zip(*rows, strict=True))
    longest = [max(len(cell.text) for cell in column) for column in columns]
    are_numbers = list(map(_is_numeric, columns))
    numbers = sum(
        size + GAP for size, is_number in zip(longest, are_numbers, strict=True) if is_number
    )
    widest = max(WRAPPED, (PHONE - numbers) // max(1, are_numbers.count(False)))
    return [
        {"width": size + GAP, "horizontalCellContentAlignment": "Right"}
        if is_number
        else {"width": min(WIDEST, widest, max(NARROWEST, size))}
        for size, is_number in zip(longest, are_numbers, strict=True)
    ]


def _is_numeric(column: tuple[Cell, ...]) -> bool:
    values = [cell.text.strip() for cell in column[1:] if cell.text.strip()]
    return bool(values) and all(NUMBER.fullmatch(value) for value in values)
