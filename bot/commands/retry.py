"""``retry <release>``: try the failed step again, without redoing the good ones."""

from typing import Final

from bot.command import Asker, command
from bot.lookup import find_release
from core.card import Card
from core.errors import RefusedError
from core.events.people import RetryRequested
from core.release.model import Model
from core.words import ReleaseId

OVER: Final = "It has come to its end; a push of a commit makes a new release."


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
    try:
        await asker.wants(event)
    except RefusedError as refused:
        raise RefusedError(
            refused.reason, refused.who_can or _instead(asker, model, found)
        ) from None
    return (await asker.show.face("release", found, model.stream)).card


def _instead(asker: Asker, model: Model, release: ReleaseId) -> str:
    """Say what there is to do with a release of which no step has failed."""
    waits = asker.show.view(model, release).waits_for
    return f"It {waits}" if waits else OVER
