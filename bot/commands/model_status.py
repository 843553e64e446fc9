"""``model status <model>``: where a model stands, what it waits for, and who can act."""

from collections.abc import Iterator

from bot.command import Asker, command
from bot.elements import Part, card, facts, heading, link, text
from bot.lookup import find_model, name_of
from bot.show import Show
from core.card import Card, Dated, Tone
from core.reading import holder_name, holder_of, state_of
from core.release.model import JUDGED, Model
from core.words import Stage

RELEASES = 5


@command(
    "model status <model>",
    "Where a model stands, what it waits for and who can act.",
    who="everyone",
    examples=["model status loan_default"],
)
async def model_status(words: list[str], asker: Asker) -> Card:
    show = asker.show
    model = await find_model(show.ports, words[0])
    return card(
        heading(name_of(model)),
        facts((stage, _held(model, stage)) for stage in JUDGED),
        *_releases(model, show),
    )


def _held(model: Model, stage: Stage) -> str:
    holder = holder_of(model, stage)
    if holder is None:
        return "empty"
    return Dated(f"{holder_name(model, holder)}, since ", holder.since)


def _releases(model: Model, show: Show) -> Iterator[Part | None]:
    """The newest release, and the others that wait for something."""
    newest = model.newest()
    if newest is None:
        yield text("It has no release yet: push a commit.", Tone.SUBTLE)
        return
    live = [release.id for release in model.live() if release is not newest]
    views = [show.view(model, release) for release in (newest.id, *reversed(live))]
    waiting = [view for view in views if view.release is newest or view.waits_for]
    for view in waiting[:RELEASES]:
        release = view.release
        state = state_of(model, release)
        yield text(f"{release.id}: {state} ({release.branch})", is_bold=True)
        words = view.waits_for or release.reason or "waits for nothing"
        yield text(Dated("It ", words) if view.waits_for else words)
    yield link("Release page", views[0].page)
