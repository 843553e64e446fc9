"""``retry <release>``: try the failed step again, without redoing the good ones."""

from bot.command import Asker, command
from bot.lookup import find_release
from core.card import Card
from core.events.people import RetryRequested


@command(
    "retry <release>",
    "Try the failed step again; the steps that went well are not redone.",
    who="members of the model's team",
    examples=["retry loan_default-3"],
)
async def retry(words: list[str], asker: Asker) -> Card:
    ports, person = asker.show.ports, asker.person
    model, found = await find_release(ports, words[0])
    now = ports.handle.context().now
    event = RetryRequested(
        id=f"retry/{found}/{person.id}/{now.isoformat()}", time=now, release=found, by=person
    )
    await asker.wants(event)
    return (await asker.show.face("release", found, model.stream)).card
