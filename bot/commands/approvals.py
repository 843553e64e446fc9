"""``approvals``: what waits for whom, and which of it the person who asks may decide.

Others of the room read the answer, too, so that it names the person.
"""

from collections.abc import Iterator

from bot.command import Asker, command
from bot.elements import Part, button, card, heading, text
from bot.lookup import all_models
from bot.view import View
from core.authority.acts import RejectStage, RejectVersion
from core.card import Card, Dated, Tone
from core.count import count
from core.people import Person
from core.release.promotion import Promotion
from core.release.state import State

NOTHING = "Nothing waits for a decision."
WAITING = frozenset({State.AWAITING_APPROVAL, State.AWAITING_ACCEPTANCE})
BUTTONS = 4


@command("approvals", "What waits for whom, and what you may decide yourself.", who="everyone")
async def approvals(_words: list[str], asker: Asker) -> Card:
    show = asker.show
    views = [
        show.view(model, release.id)
        async for model in all_models(show.ports)
        for release in model.live()
        if release.state in WAITING
    ]
    if not views:
        return card(heading("Approvals"), text(NOTHING, Tone.SUBTLE))
    views.sort(key=lambda view: not _may(view, asker.person))
    title = count(len(views), "open decision")
    parts = [part for view in views for part in _parts(view, asker.person)]
    return card(heading(title), *parts, *_buttons(views, asker.person))


def _may(view: View, person: Person) -> bool:
    """Whoever may say no may decide; what a yes needs besides is on the card."""
    promotion, release = view.release.open_promotion(), view.release.id
    if promotion is None:
        return view.may(RejectVersion(release=release), person).is_met
    return view.may(RejectStage(release=release, approval=promotion.approval), person).is_met


def _parts(view: View, person: Person) -> Iterator[Part]:
    promotion = view.release.open_promotion()
    yield text(_what(view, promotion), is_bold=True)
    if promotion is not None:
        who, why = promotion.requester.name, promotion.purpose
        yield text(Dated(f"{who}, ", promotion.requested, f": {why}"), Tone.SUBTLE)
    if _may(view, person):
        yield text(f"{person.name} may decide.", Tone.GOOD)
    else:
        yield text(f"{person.name} may not decide about it. It {view.waits_for}", Tone.SUBTLE)


def _what(view: View, promotion: Promotion | None) -> str:
    if promotion is None:
        return f"{view.title}: acceptance"
    return f"{view.versioned} to {promotion.stage}"


def _buttons(views: list[View], person: Person) -> Iterator[Part]:
    """A card has room for few buttons: the first ones that this person may press."""
    for view in [view for view in views if _may(view, person)][:BUTTONS]:
        promotion, release = view.release.open_promotion(), view.release
        if promotion is None:
            yield button(f"Open {release.id}", "acceptance.show", release=release.id)
            continue
        title = f"Open {release.id} to {promotion.stage}"
        about = promotion.approval
        yield button(title, "approval.show", release=release.id, approval=about)
