"""``release <id>``: the card of a release as it is now; a model's name stands for its newest."""

from contextlib import suppress

from bot.command import Asker, command
from bot.lookup import find_model, find_release
from bot.ports import BotPorts
from core.card import Card
from core.errors import UnknownNameError
from core.release.model import Model
from core.words import ReleaseId


@command(
    "release <release>",
    "The card of a release, or of a model's newest: steps, findings, metrics, next actions.",
    who="everyone",
    examples=["release loan_default-3", "release loan_default"],
)
async def release(words: list[str], asker: Asker) -> Card:
    model, found = await _named(asker.show.ports, words[0])
    face = await asker.show.face("release", found, model.stream)
    return face.card


async def _named(ports: BotPorts, name: str) -> tuple[Model, ReleaseId]:
    """Find a release by its id, or else the newest one of the model or repository of that name."""
    try:
        return await find_release(ports, name)
    except UnknownNameError as unknown:
        with suppress(UnknownNameError):
            model = await find_model(ports, name)
            if newest := model.newest():
                return model, newest.id
        raise unknown from None
