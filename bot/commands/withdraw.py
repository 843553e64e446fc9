"""``withdraw <release> <stage>``: take back a request that nobody has decided about."""

from bot.click import stage_named
from bot.command import Asker, command
from bot.lookup import find_release
from core.card import Card
from core.events.people import RequestWithdrawn


@command(
    "withdraw <release> <stage> [reason …]",
    "Take back a request that nobody has decided about.",
    who="who asked for the stage",
    examples=["withdraw loan_default-3 PROD", "withdraw loan_default-3 PROD the data is wrong"],
)
async def withdraw(words: list[str], asker: Asker) -> Card:
    ports, person = asker.show.ports, asker.person
    model, found = await find_release(ports, words[0])
    stage, now = stage_named(words[1]), ports.handle.context().now
    event = RequestWithdrawn(
        id=f"withdraw/{found}/{stage}/{person.id}/{now.isoformat()}", time=now,
        release=found, stage=stage, by=person, reason="".join(words[2:]),
    )  # fmt: skip
    await asker.wants(event)
    return (await asker.show.face("release", found, model.stream)).card
