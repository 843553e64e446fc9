"""The card that says: a stage holds a version that was not placed there by a release."""

from bot.elements import banner, card, facts, heading, link, text
from bot.view import RegistryView, page, version_of
from core.card import Card, Tone


def render(view: RegistryView) -> Card:
    change = view.change
    title = f"{change.model}: {change.stage} was changed outside of a release"
    return card(
        heading(f"{change.model}: {change.stage} was changed"),
        banner("Changed outside of a release", Tone.BAD),
        facts(
            expected=_version(change.expected),
            found=f"{_version(change.found)} ({_approved(view)})",
            seen=f"{change.time:%Y-%m-%d %H:%M UTC}",
        ),
        text(_what_to_do(view)),
        link("Releases", page(view.page_url, "/releases")),
        summary=title,
    )


def _version(version: str) -> str:
    return f"version {version}" if version else "no version"


def _approved(view: RegistryView) -> str:
    """Whether anybody approved the version that was found for this stage."""
    if not view.change.found:
        return "the stage is empty"
    release = version_of(view.model, view.change.found)
    if release is None:
        return "made by no release"
    promotion = release.promotions.get(view.change.stage)
    if promotion is None or promotion.outcome != "placed" or promotion.decided_by is None:
        return f"{release.id}, never approved for {view.change.stage}"
    return f"{release.id}, approved before by {promotion.decided_by.name}"


def _what_to_do(view: RegistryView) -> str:
    change = view.change
    back = f"put {_version(change.expected)} back" if change.expected else "take it off the stage"
    return (
        f"Nothing was undone: {change.stage} is used as it was found. If your team did this, ask "
        f"for the stage with a request, so that somebody approves it. If not, {back} in the "
        "registry and tell the platform team; that change will be noted here as well."
    )
