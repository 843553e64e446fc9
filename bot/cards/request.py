"""The form that asks for a stage: what for, what is expected, and what the fall-back is."""

from functools import partial

import msgspec

from bot.click import Click, Clicks, Draft, named, release_of, stage_named, typed
from bot.elements import banner, button, card, facts, heading, link, text, text_input
from bot.ports import BotPorts
from bot.view import CardSubject, View, release_view
from core.authority.acts import RequestStage, WithdrawRequest
from core.authority.conditions import an_approver
from core.card import Button, Card, Dated, Tone
from core.events.people import StageRequested
from core.reading import fall_back, holder_name, holder_of
from core.release.promotion import Promotion
from core.words import Stage

clicks: Clicks[Draft] = Clicks()

NO_FALL_BACK = "none: nothing holds it yet"


class RequestView(View, frozen=True, kw_only=True):
    """One release and the stage that somebody wants for it."""

    stage: Stage


async def gather(subject: CardSubject, _ports: BotPorts) -> RequestView:
    """The subject names a release and a stage: "loan_default-3/QA"."""
    release, _, stage = subject.name.rpartition("/")
    view = release_view(subject, release)
    return RequestView(**msgspec.structs.asdict(view), stage=stage_named(stage))


def readers(view: RequestView) -> tuple[str, ...]:
    return (view.team,)


def render(view: RequestView) -> Card:
    """The form is for whoever asks alone: the release's own card stays as it is for the others."""
    promotion = view.release.promotion_to(view.stage)
    ruling = view.may(RequestStage(release=view.release.id, stage=view.stage))
    if ruling.is_met:
        return _form(view)
    if promotion is not None and not promotion.outcome:
        return _sent(view, promotion)
    return _refused(view, f"{ruling.reason} {ruling.who_can}".rstrip())


def subject_of(click: Click) -> str:
    return f"{release_of(click)}/{stage_named(named(click, 'stage'))}"


@clicks.on("request.open")
def open_form(_click: Click) -> Draft:
    return None


@clicks.on("request.send")
def send(click: Click) -> Draft:
    release, stage = release_of(click), stage_named(named(click, "stage"))
    return partial(
        StageRequested,
        id=f"request/{release}/{stage}/{click.person.id}/{click.id}",
        release=release,
        stage=stage,
        by=click.person,
        purpose=typed(click, "purpose"),
        expected_outcome=typed(click, "expected_outcome"),
    )


def _form(view: RequestView) -> Card:
    stage = view.stage
    return card(
        heading(f"Request {stage} for {_what(view)}"),
        text(f"Another person decides: {_groups(view)}.", Tone.SUBTLE),
        text_input("purpose", "Purpose: why now?", is_required=True),
        text_input("expected_outcome", "Expected outcome: what gets better?", is_required=True),
        facts([("Fall-back", _fall_back(view))]),
        button(
            f"Send request for {stage}",
            "request.send",
            tone=Tone.GOOD,
            release=view.release.id,
            stage=stage,
        ),
        _back(view),
        link("Release page", view.page),
        is_private=True,
    )


def _sent(view: RequestView, promotion: Promotion) -> Card:
    asked = Dated(f"{promotion.requester.name}, ", promotion.requested)
    return card(
        heading(f"{view.stage} for {_what(view)}"),
        banner(f"{view.stage} is requested: {_groups(view)} decides", Tone.ACCENT),
        facts(
            [
                ("Asked by", asked),
                ("Purpose", promotion.purpose),
                ("Expected outcome", promotion.expected_outcome),
                ("Fall-back", fall_back(view.model, promotion)),
            ]
        ),
        _withdraw(view),
        _back(view),
        link("Release page", view.page),
        is_private=True,
    )


def _withdraw(view: RequestView) -> Button | None:
    release, stage = view.release.id, view.stage
    if not view.may(WithdrawRequest(release=release, stage=stage)).is_met:
        return None
    return button("Withdraw", "release.withdraw", release=release, stage=stage)


def _refused(view: RequestView, problem: str) -> Card:
    return card(
        heading(f"{view.stage} for {_what(view)}"),
        banner(f"{view.stage} cannot be requested now", Tone.WARN),
        text(problem),
        _back(view),
        link("Release page", view.page),
        is_private=True,
    )


def _back(view: RequestView) -> Button:
    return button("Show the release", "release.show", needs_inputs=False, release=view.release.id)


def _what(view: RequestView) -> str:
    return view.versioned


def _groups(view: RequestView) -> str:
    return an_approver(view.policy, view.stage)


def _fall_back(view: RequestView) -> str:
    holder = holder_of(view.model, view.stage)
    if holder is None:
        return NO_FALL_BACK
    return Dated(f"{holder_name(view.model, holder)}, there since ", holder.since)
