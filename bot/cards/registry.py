"""The card that says: a stage holds a version that was not placed there by a release."""

from typing import Final, Protocol

import msgspec

from bot.elements import banner, card, facts, heading, link, text
from bot.view import CardSubject, page
from core.card import Card, Dated, Tone
from core.errors import UnknownNameError
from core.events.derived import RegistryChangedOutside
from core.ports import Ledger
from core.reading import version_of
from core.release.model import Model

CHANGED_AGAIN: Final = (
    "{stage} was changed again since: there is nothing to do about this any more."
)


class RegistryNeeds(Protocol):
    """The state forgets what was expected; the event in the ledger remembers."""

    @property
    def store(self) -> Ledger: ...


class RegistryView(msgspec.Struct, frozen=True, kw_only=True):
    """A stage that holds what we did not place there."""

    model: Model
    change: RegistryChangedOutside
    page_url: str
    team: str = ""


async def gather(subject: CardSubject, needs: RegistryNeeds) -> RegistryView:
    model = subject.model
    wanted = subject.name.removeprefix(f"{model.stream}/")
    for entry in await needs.store.load(model.stream, kinds=[RegistryChangedOutside]):
        if entry.event.id == wanted and isinstance(entry.event, RegistryChangedOutside):
            return RegistryView(
                model=model, change=entry.event, page_url=subject.page_url, team=subject.team
            )
    raise UnknownNameError("change of the registry", wanted)


def readers(view: RegistryView) -> tuple[str, ...]:
    return (view.team,)


def render(view: RegistryView) -> Card:
    change, is_so = view.change, _is_so_still(view)
    title = f"{change.model}: {change.stage} was changed outside of a release"
    return card(
        heading(f"{change.model}: {change.stage} was changed"),
        banner("Changed outside of a release", Tone.BAD),
        facts(
            expected=_version(change.expected),
            found=_version(change.found) + (f" ({_approved(view)})" if is_so else ""),
            seen=Dated(change.time),
        ),
        text(_what_to_do(view) if is_so else CHANGED_AGAIN.format(stage=change.stage)),
        link("Releases", page(view.page_url, "/releases")),
        summary=title,
    )


def _version(version: str) -> str:
    return f"version {version}" if version else "no version"


def _is_so_still(view: RegistryView) -> bool:
    """Whether this is what was found last: nothing was placed or moved there since."""
    holder = view.model.holders.get(view.change.stage)
    return holder is not None and holder.outside == view.change.id


def _approved(view: RegistryView) -> str:
    """Whether anybody approved the version that was found for this stage."""
    if not view.change.found:
        return "the stage is empty"
    release = version_of(view.model, view.change.found)
    if release is None:
        return "made by no release"
    asked = [each for each in release.promotions.values() if each.stage is view.change.stage]
    placed = next((each for each in asked if each.outcome == "placed" and each.decided_by), None)
    if placed is not None and placed.decided_by is not None:
        return f"{release.id}, approved before by {placed.decided_by.name}"
    if any(vote.approved for each in asked for vote in each.votes):
        return f"{release.id}, approved for {view.change.stage} and never placed there by Sluss"
    return f"{release.id}, never approved for {view.change.stage}"


def _what_to_do(view: RegistryView) -> str:
    change = view.change
    back = f"put {_version(change.expected)} back" if change.expected else "take it off the stage"
    return (
        f"Nothing was undone: {change.stage} is used as it was found. If your team did this, ask "
        f"for the stage with a request, so that somebody approves it. If not, {back} in the "
        "registry and tell the platform team; that change will be noted here as well. Requests for "
        f"{change.stage} that waited are void: their cards say so."
    )
