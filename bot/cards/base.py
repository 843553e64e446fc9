"""The card that asks another person to agree to a base, from which contributors are counted."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from bot.click import Click, Clicks, Draft, named, release_of, typed
from bot.elements import Part, banner, button, card, facts, heading, link, text, text_input
from bot.view import CardSubject, View, release_view
from core.authority.acts import AgreeBase, DeclineBase
from core.authority.conditions import approvers
from core.card import Card, Dated, Tone
from core.errors import UnknownNameError
from core.events.people import BaseDecided
from core.release.base import Base
from core.words import Stage

clicks: Clicks[Draft] = Clicks()

MEANS = (
    "Whoever wrote, committed or pushed only what lies before this commit may approve this model, "
    "and nobody will have looked at it here. What comes after it is counted as always."
)
SHOWN = 12  # of a commit's id: a phone shows no more in one line
OUT_OF_DATE = "Out of date: another base was proposed since, or none is needed any more"


class BaseView(View, frozen=True, kw_only=True):
    """``base`` is None when it is not the model's any more."""

    base: Base | None


async def gather(subject: CardSubject, _needs: Any) -> BaseView:
    base, newest = subject.model.base, subject.model.newest()
    if newest is None:
        raise UnknownNameError("base", subject.name)
    known = (each for each in (base, subject.model.agreed) if each is not None)
    mine = next((each for each in known if each.id == subject.name), None)
    view = release_view(subject, mine.release if mine else newest.id)
    return BaseView(**msgspec.structs.asdict(view), base=mine)


def readers(view: BaseView) -> tuple[str, ...]:
    """Where the approvers of PROD meet, if platform.yml says so; else the team."""
    return (*approvers(view.policy, Stage.PROD), view.team)


def render(view: BaseView) -> Card:
    title = f"Count the contributors of {view.model.stream} from a commit on"
    title += "" if view.base and view.base.outcome else "?"
    if view.base is None:
        return card(heading(title), banner(OUT_OF_DATE, Tone.SUBTLE), summary=title)
    return card(
        heading(title),
        *_verdict(view.base),
        facts(tuple(_rows(view.base))),
        text(MEANS),
        *(_question(view, view.base) if not view.base.outcome else ()),
        link("Release page", view.page),
        summary=title,
    )


def subject_of(click: Click) -> str:
    return named(click, "base")


@clicks.on("base.show")
def show(_click: Click) -> Draft:
    return None


@clicks.on("base.agree")
def agree(click: Click) -> Draft:
    return _draft(click, accepted=True)


@clicks.on("base.decline")
def decline(click: Click) -> Draft:
    return _draft(click, accepted=False)


def _draft(click: Click, *, accepted: bool) -> Draft:
    base = subject_of(click)
    return partial(
        BaseDecided,
        id=f"base/{base}/{click.person.id}/{click.id}",
        release=release_of(click),
        base=base,
        by=click.person,
        accepted=accepted,
        comment=typed(click, "comment"),
    )


def _verdict(base: Base) -> Iterator[Part]:
    name = base.decided_by.name if base.decided_by else "nobody"
    if base.is_agreed:
        yield banner(f"Agreed by {name}", Tone.GOOD)
    elif base.outcome:
        yield banner(f"Declined by {name}", Tone.BAD)


def _rows(base: Base) -> Iterator[tuple[str, str]]:
    yield "Commit", base.commit[:SHOWN]
    yield "Why", base.reason
    yield "Proposed by", Dated(f"{base.proposed_by.name}, ", base.proposed)
    if base.decided is not None:
        yield "Decided", Dated(base.decided)
    if base.comment:
        yield "Comment", base.comment


def _question(view: BaseView, base: Base) -> Iterator[Part]:
    yield text_input("comment", "Reason (needed to decline)", is_multiline=False)
    release = view.release.id
    ruling = view.may(AgreeBase(release=release, base=base.id))
    if not ruling.is_met:
        yield text(ruling.reason, Tone.WARN)
        return
    yield button("Agree", "base.agree", tone=Tone.GOOD, release=release, base=base.id)
    if view.may(DeclineBase(release=release, base=base.id)).is_met:
        yield button("Decline", "base.decline", tone=Tone.BAD, release=release, base=base.id)
