"""Short names for the parts of a card, so that a card's file reads like the card."""

from collections.abc import Iterable

from core.card import (
    Banner,
    Button,
    Card,
    Cell,
    Element,
    Facts,
    Heading,
    Link,
    Section,
    Table,
    Text,
    TextInput,
    Tone,
)

Part = Element | Button | Link


def card(*parts: Part | None, summary: str = "", is_private: bool = False) -> Card:
    """Parts in the order of reading; buttons and links go to the foot, ``None`` is left out.

    Without a ``summary`` the first banner or heading is the line for notifications.
    """
    here = [part for part in parts if part is not None]
    return Card(
        summary=summary or _first_line(here),
        body=tuple(part for part in here if not isinstance(part, Button | Link)),
        buttons=tuple(part for part in here if isinstance(part, Button)),
        links=tuple(part for part in here if isinstance(part, Link)),
        is_private=is_private,
    )


def heading(text: str, *, is_large: bool = True) -> Heading:
    return Heading(text, is_large)


def text(text: str, tone: Tone = Tone.PLAIN, *, is_bold: bool = False) -> Text:
    return Text(text, tone, is_bold=is_bold)


def code(text: str) -> Text:
    """A path, a command, a log line: every letter as it is, in letters of one width."""
    return Text(text, is_monospace=True)


def banner(text: str, tone: Tone) -> Banner:
    return Banner(text, tone)


def facts(rows: Iterable[tuple[str, str]] = (), **named: str) -> Facts:
    """``fall_back="none"`` is shown as "Fall back"; give ``rows`` where a name is no identifier."""
    spoken = ((name.replace("_", " ").capitalize(), value) for name, value in named.items())
    return Facts((*rows, *spoken))


def table(header: Iterable[str], rows: Iterable[Iterable[Cell | str]]) -> Table:
    return Table(tuple(header), tuple(_row(row) for row in rows))


def text_input(
    id: str,  # noqa: A002 - the field's word
    label: str,
    *,
    is_required: bool = False,
    is_multiline: bool = True,
    placeholder: str = "",
) -> TextInput:
    return TextInput(
        id=id,
        label=label,
        is_required=is_required,
        is_multiline=is_multiline,
        placeholder=placeholder,
    )


def section(title: str, *body: Element | None, is_open: bool = False) -> Section:
    here = tuple(part for part in body if part is not None)
    return Section(title=title, body=here, is_open=is_open)


def button(
    title: str, verb: str, *, tone: Tone = Tone.PLAIN, needs_inputs: bool = True, **data: str
) -> Button:
    """``data`` names what the button is about: ids only, never a decision or a person."""
    return Button(title=title, verb=verb, data=data, tone=tone, needs_inputs=needs_inputs)


def link(title: str, url: str) -> Link | None:
    """A link, or None without an address: where nobody can sign in, there are no pages."""
    return Link(title, url) if url else None


def _first_line(parts: Iterable[Part]) -> str:
    lines = (part.text for part in parts if isinstance(part, Banner | Heading))
    return next(lines, "")


def _row(row: Iterable[Cell | str]) -> tuple[Cell, ...]:
    return tuple(Cell(cell) if isinstance(cell, str) else cell for cell in row)
