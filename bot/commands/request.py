"""``request <model> <stage>``: the form that asks for a stage for the newest registered release."""

from bot.command import command
from bot.lookup import find_model, name_of
from bot.next_stages import stage_named
from bot.services import Services
from core.card import Card
from core.errors import RefusedError


@command(
    "request <model> <stage>",
    "Ask for QA or PROD for the newest registered release of a model.",
    who="members of the model's team",
    examples=["request loan_default QA"],
)
async def request(words: list[str], services: Services) -> Card:
    stage = stage_named(words[1])
    model = await find_model(services.show, words[0])
    waiting = [found for found in model.live() if found.registered]
    if not waiting:
        raise RefusedError(
            f"{name_of(model)} has no registered release. Nothing was requested;",
            "accept an evaluated release first.",
        )
    return await services.show.form(waiting[-1].id, stage)
