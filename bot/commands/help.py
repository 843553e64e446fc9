"""``help``: every command, or one of them; and what a line that asks for nothing is answered."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.command import Asker, Command, command, near
from bot.elements import Part, card, code, heading, text
from bot.typed_line import GREETINGS, TypedLine
from core.card import Card, Tone

MORE = "`help request` says who may request, and gives an example."
AT_YOUR_SERVICE = "`help` shows what you can ask."


@command(
    "help [command …]",
    "Every command, or one of them, with an example.",
    who="everyone",
    examples=["help", "help request"],
)
async def help_(words: list[str], asker: Asker) -> Card:
    found = _asked_about(TypedLine(" ".join(words)).words, asker.commands)
    title = heading("What you can ask") if len(found) > 1 else None
    return card(title, *_in_full(found), summary="What you can ask")


def small_talk(said: str, asker: Asker) -> Card | None:
    """The answer to a line that asks for nothing; None where it asks for something.

    A greeting, a mention alone and a question mark get a short help; thanks and an emoji a word.
    """
    line = TypedLine(said)
    if line.words:
        return None
    if line.text and GREETINGS.isdisjoint(line.courtesy) and set(line.text).isdisjoint("?/"):
        return card(text(AT_YOUR_SERVICE), summary=AT_YOUR_SERVICE)
    title = heading(f"Hello {asker.person.name}, this is what you can ask")
    return card(title, *_in_short(asker.commands), text(MORE))


def _asked_about(words: Sequence[str], known: Sequence[Command[Any]]) -> Sequence[Command[Any]]:
    """``help request`` is about one, ``help model`` about those that begin so, ``help me`` all."""
    asked = [word.casefold() for word in words]
    begun = [each for each in known if each.name.split()[: len(asked)] == asked]
    names = () if begun else near(words, known)
    return begun or [each for each in known if each.name in names] or known


def _in_short(commands: Iterable[Command[Any]]) -> Iterator[Part]:
    for known in commands:
        yield code(known.usage)
        yield text(known.description, Tone.SUBTLE)


def _in_full(commands: Iterable[Command[Any]]) -> Iterator[Part]:
    for known in commands:
        yield code(known.usage)
        yield text(f"{known.description} Who: {known.who}.")
        for example in known.examples if known.most else ():
            yield text(f"For example: {example}", Tone.SUBTLE)
