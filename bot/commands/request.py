"""``request <model> <stage>``: the form that asks for a stage, also for a release that is named."""

from contextlib import suppress

from bot.click import stage_named
from bot.command import Asker, command
from bot.lookup import find_model, find_release, name_of
from bot.ports import BotPorts
from core.card import Card
from core.errors import RefusedError, UnknownNameError
from core.release.model import Model
from core.words import ReleaseId


@command(
    "request <model or release> <stage>",
    "Ask for QA or PROD for a release, or for the newest registered one of a model.",
    who="members of the model's team",
    examples=["request loan_default QA", "request loan_default-3 PROD"],
)
async def request(words: list[str], asker: Asker) -> Card:
    stage = stage_named(words[1])
    model, release = await _named(asker.show.ports, words[0])
    face = await asker.show.face("request", f"{release}/{stage}", model.stream)
    return face.card


async def _named(ports: BotPorts, name: str) -> tuple[Model, ReleaseId]:
    with suppress(UnknownNameError):
        return await find_release(ports, name)
    model = await find_model(ports, name)
    waiting = [found for found in model.live() if found.registered]
    if not waiting:
        raise RefusedError(
            f"{name_of(model)} has no registered release. Nothing was requested;",
            "accept an evaluated release first.",
        )
    return model, waiting[-1].id
