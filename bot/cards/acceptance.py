"""The card that asks the team to accept or reject an evaluated version."""

from collections.abc import Iterator
from functools import partial

from bot import findings, metrics_table
from bot.click import Click, Clicks, Draft, release_of, typed
from bot.elements import Part, banner, button, card, heading, link, section, text, text_input
from bot.ports import BotPorts
from bot.view import CardSubject, View, whole_view
from core.authority.acts import AcceptVersion, RejectVersion
from core.card import Card, Element, Tone
from core.count import count
from core.events.people import AcceptanceDecided
from core.reading import deltas, judged_against, open_checks
from core.release.state import State
from core.words import ReleaseId

clicks: Clicks[Draft] = Clicks()


async def gather(subject: CardSubject, ports: BotPorts) -> View:
    return await whole_view(subject, ports)


def readers(view: View) -> tuple[str, ...]:
    return (view.team,)


def render(view: View) -> Card:
    name = view.title
    is_open = view.may(RejectVersion(release=view.release.id)).is_met
    verdict, tone = metrics_table.verdict(view) if is_open else _ended(view)
    return card(
        heading(f"Accept {name}?" if is_open else f"Acceptance of {name}"),
        banner(verdict, tone),
        *_metrics(view, is_open=is_open),
        *_findings(view),
        *(_question(view) if is_open else ()),
        link("Release page", view.page),
        summary=f"{name}: {verdict}",
    )


def subject_of(click: Click) -> ReleaseId:
    return release_of(click)


@clicks.on("acceptance.show")
def show(_click: Click) -> Draft:
    return None


@clicks.on("acceptance.accept")
def accept(click: Click) -> Draft:
    return _decided(click, accepted=True)


@clicks.on("acceptance.reject")
def reject(click: Click) -> Draft:
    return _decided(click, accepted=False)


def _decided(click: Click, *, accepted: bool) -> Draft:
    release = release_of(click)
    return partial(
        AcceptanceDecided,
        id=f"acceptance/{release}/{click.person.id}/{click.id}",
        release=release,
        by=click.person,
        accepted=accepted,
        reason=typed(click, "reason"),
    )


def _ended(view: View) -> tuple[str, Tone]:
    release = view.release
    if release.accepted_by is not None:
        return f"Accepted by {release.accepted_by.name}", Tone.GOOD
    if release.state is State.REJECTED:
        return f"Rejected by {release.reason}", Tone.BAD
    if release.state is State.SUPERSEDED:
        return f"Nothing to accept any more: {release.reason}", Tone.SUBTLE
    return f"Nothing to accept now: it is {release.state}", Tone.SUBTLE


def _metrics(view: View, *, is_open: bool) -> Iterator[Element]:
    """Once somebody has decided, the card shows the champion that they had before them."""
    release = view.release
    champion = view.champion if is_open else judged_against(view.model, release.champion)
    if champion is not None:
        yield text(f"Champion: {champion.id}", Tone.SUBTLE)
    yield metrics_table.table(deltas(release, champion, view.policy))


def _findings(view: View) -> Iterator[Element]:
    found = open_checks(view.release, view.policy)
    if found:
        title = f"{count(findings.total(found), 'finding')} of the gate"
        yield section(title, *findings.elements(found, view.policy, view.elsewhere))


def _question(view: View) -> Iterator[Part]:
    """A rejection needs its reason; accepting goes without."""
    release = view.release
    ruling = view.may(AcceptVersion(release=release.id))
    if not ruling.is_met:
        yield text(f"{ruling.reason} {ruling.who_can}".rstrip(), Tone.WARN)
    yield text_input("reason", "Reason (needed to reject)", is_multiline=False)
    if ruling.is_met:
        yield button(
            f"Accept {release.id}",
            "acceptance.accept",
            tone=Tone.GOOD,
            needs_inputs=False,
            release=release.id,
        )
    yield button("Reject", "acceptance.reject", tone=Tone.BAD, release=release.id)
