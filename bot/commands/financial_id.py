"""``financial id <model> <id>``: answer who pays for a model."""

from bot.command import Asker, command
from bot.lookup import find_model, name_of
from core.card import Card
from core.errors import RefusedError
from core.events.people import FinancialIdGiven
from core.gate.variables.financial_id import question

NO_RELEASE = "{model} has no release. Nothing was kept;"


@command(
    "financial id <model> <id>",
    "Answer who pays for a model, where its variables do not say it.",
    who="members of the model's team",
    examples=["financial id loan_default CR-20417"],
)
async def financial_id(words: list[str], asker: Asker) -> Card:
    ports, person = asker.show.ports, asker.person
    model, answer = await find_model(ports, words[0]), words[1]
    asking = next((each for each in reversed(list(model.live())) if question(each.checks)), None)
    release = asking or model.newest()
    if release is None:
        raise RefusedError(NO_RELEASE.format(model=name_of(model)), "push a commit first.")
    now = ports.handle.context().now
    event = FinancialIdGiven(
        id=f"who-pays/{release.id}/{person.id}/{now.isoformat()}", time=now,
        release=release.id, financial_id=answer, by=person,
    )  # fmt: skip
    await asker.wants(event)
    return (await asker.show.face("release", release.id, model.stream)).card
