"""``retry <release>``: try the failed step again, without redoing the good ones."""

from bot.command import Asker, command
from bot.lookup import find_release
from core.card import Card
from core.events.people import RetryRequested
from core.origin import EventOrigin


@command(
    "retry <release>",
    "Try the failed step again; the steps that went well are not redone.",
    who="members of the model's team",
    examples=["retry loan_default-3"],
)
async def retry(words: list[str], asker: Asker) -> Card:
    show, person = asker.show, asker.person
    model, found = await find_release(show.ports, words[0])
    handle = show.ports.handle
    now = handle.context().now
    event = RetryRequested(
        id=f"retry/{found}/{person.id}/{now.isoformat()}", time=now, release=found, by=person
    )
    handled = await handle(event, EventOrigin.BOT)
    handled.raise_refusal()
    face = await show.face("release", found, model.stream)
    return face.card
