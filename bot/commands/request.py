"""``request <model> <stage>``: the form that asks for a stage for the newest registered release."""

from bot.click import stage_named
from bot.command import Asker, command
from bot.lookup import find_model, name_of
from core.card import Card
from core.errors import RefusedError


@command(
    "request <model> <stage>",
    "Ask for QA or PROD for the newest registered release of a model.",
    who="members of the model's team",
    examples=["request loan_default QA"],
)
async def request(words: list[str], asker: Asker) -> Card:
    stage = stage_named(words[1])
    model = await find_model(asker.show.ports, words[0])
    waiting = [found for found in model.live() if found.registered]
    if not waiting:
        raise RefusedError(
            f"{name_of(model)} has no registered release. Nothing was requested;",
            "accept an evaluated release first.",
        )
    face = await asker.show.face("request", f"{waiting[-1].id}/{stage}", model.stream)
    return face.card
