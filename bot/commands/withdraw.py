"""``withdraw <release> <stage>``: take back a request that nobody has decided about."""

from bot.click import stage_named
from bot.command import Asker, command
from bot.lookup import find_release
from core.card import Card
from core.events.people import RequestWithdrawn
from core.origin import EventOrigin


@command(
    "withdraw <release> <stage> [reason]",
    "Take back a request that nobody has decided about.",
    who="who asked for the stage",
    examples=["withdraw loan_default-3 PROD", 'withdraw loan_default-3 PROD "the data is wrong"'],
)
async def withdraw(words: list[str], asker: Asker) -> Card:
    show, person = asker.show, asker.person
    model, found = await find_release(show.ports, words[0])
    stage, now = stage_named(words[1]), show.ports.handle.context().now
    event = RequestWithdrawn(
        id=f"withdraw/{found}/{stage}/{person.id}/{now.isoformat()}", time=now,
        release=found, stage=stage, by=person, reason="".join(words[2:]),
    )  # fmt: skip
    handled = await show.ports.handle(event, EventOrigin.BOT)
    handled.raise_refusal()
    return (await show.face("release", found, model.stream)).card
