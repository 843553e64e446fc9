"""``release <id>``: the card of a release as it is now."""

from bot.command import Asker, command
from bot.lookup import find_release
from core.card import Card


@command(
    "release <release>",
    "The card of a release: its steps, findings, metrics and next actions.",
    who="everyone",
    examples=["release loan_default-3"],
)
async def release(words: list[str], asker: Asker) -> Card:
    model, found = await find_release(asker.show.ports, words[0])
    face = await asker.show.face("release", found, model.stream)
    return face.card
