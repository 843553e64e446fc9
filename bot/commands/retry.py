"""``retry <release>``: try the failed step again, without redoing the good ones."""

from bot.command import command
from bot.lookup import find_release
from bot.services import Services
from core.card import Card
from core.events.people import RetryRequested


@command(
    "retry <release>",
    "Try the failed step again; the steps that went well are not redone.",
    who="members of the model's team",
    examples=["retry loan_default-3"],
)
async def retry(words: list[str], services: Services) -> Card:
    show, person = services.show, services.person
    model, found = await find_release(show, words[0])
    now = show.clock()
    event = RetryRequested(
        id=f"retry/{found}/{person.id}/{now.isoformat()}", time=now, release=found, by=person
    )
    handled = await show.handle(event)
    handled.raise_refusal()
    face = await show.face("release", found, model.stream)
    return face.card
