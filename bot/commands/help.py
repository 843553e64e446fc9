"""``help``: every command, what it does, and who may use it."""

from collections.abc import Iterator

from bot.command import Asker, Command, command
from bot.elements import card, code, heading, text
from core.card import Card, Element, Tone


@command("help", "Every command, with an example.", who="everyone")
async def help_(_words: list[str], asker: Asker) -> Card:
    parts = (part for known in asker.commands for part in _parts(known))
    return card(heading("What you can ask"), *parts)


def _parts(known: Command) -> Iterator[Element]:  # type: ignore[type-arg]
    yield code(known.usage)
    yield text(f"{known.description} Who: {known.who}.")
    if known.most:
        yield text(f"For example: {known.examples[0]}", Tone.SUBTLE)
