"""The card that asks another person to approve a stage, and what its buttons mean."""

from collections.abc import Iterator
from functools import partial

from bot import findings, metrics_table, since_champion
from bot.click import Click, Clicks
from bot.draft import Draft, named, release_of, typed
from bot.elements import banner, button, card, facts, heading, link, section, text, text_input
from bot.view import ApprovalView, Deciders, version_of
from bot.wording import count, listed, moment
from core.card import Button, Card, Element, Tone
from core.events.people import ApprovalDecided
from core.release.state import State
from core.words import ApprovalId

clicks: Clicks[Draft] = Clicks()

NAMES = 8


def render(view: ApprovalView) -> Card:
    """Verdict, largest changes, request and buttons fit one phone screen; details are closed."""
    return _decided(view) if view.promotion.outcome else _question(view)


@clicks.on("approval.show")
def show(_click: Click) -> Draft:
    return None


@clicks.on("approval.approve")
def approve(click: Click) -> Draft:
    return _draft(click, approved=True)


@clicks.on("approval.reject")
def reject(click: Click) -> Draft:
    return _draft(click, approved=False)


def _draft(click: Click, *, approved: bool) -> Draft:
    """The click names the approval and nothing else; who may decide is for the flow to say."""
    approval = named(click, "approval")
    return partial(
        ApprovalDecided,
        id=f"decision/{approval}/{click.person.id}/{click.id}",
        release=release_of(click),
        approval=ApprovalId(approval),
        by=click.person,
        approved=approved,
        comment=typed(click, "comment"),
    )


def _question(view: ApprovalView) -> Card:
    title = f"Approve {_what(view)} for {view.promotion.stage}?"
    verdict, tone = metrics_table.verdict(view)
    return card(
        heading(title),
        banner(verdict, tone),
        *since_champion.largest(view),
        facts(_request(view)),
        since_champion.details(view),
        *_findings(view),
        section("Who may decide", *_deciders(view.deciders)),
        text_input("comment", "Reason (needed to reject)", is_multiline=False),
        *_buttons(view),
        link("Release page", view.page),
        summary=title,
    )


def _decided(view: ApprovalView) -> Card:
    verdict, tone = _outcome(view)
    return card(
        heading(f"{_what(view)} for {view.promotion.stage}"),
        banner(verdict, tone),
        facts((*_decision(view), *_request(view))),
        since_champion.details(view),
        link("Release page", view.page),
        summary=f"{_what(view)}: {verdict}",
    )


def _what(view: ApprovalView) -> str:
    return f"{view.name} version {view.version}"


def _outcome(view: ApprovalView) -> tuple[str, Tone]:
    promotion, stage = view.promotion, view.promotion.stage
    who = promotion.decided_by.name if promotion.decided_by else "nobody"
    match promotion.outcome:
        case "placed":
            return f"Approved by {who}: it was placed on {stage}", Tone.GOOD
        case "rejected":
            return f"Rejected by {who}", Tone.BAD
        case "void":
            return "Void: nobody can decide this any more", Tone.SUBTLE
    if view.release.state in {State.FAILED, State.STUCK}:
        return f"Approved by {who}, but promoting to {stage} failed", Tone.BAD
    return f"Approved by {who}: promoting to {stage}", Tone.ACCENT


def _decision(view: ApprovalView) -> Iterator[tuple[str, str]]:
    promotion, person = view.promotion, view.promotion.decided_by
    if person is not None:
        unverified = "" if person.identity == "verified" else " (identity not verified)"
        yield "Decided by", f"{person.name}{unverified}"
    if promotion.decided is not None:
        yield "When", moment(promotion.decided, view.now)
    # a superseded release voids its open request without a comment of its own
    why = promotion.comment or (view.release.reason if promotion.outcome == "void" else "")
    if why:
        yield "Why", why
    if promotion.rows:
        yield "Rows scored", str(promotion.rows)


def _request(view: ApprovalView) -> tuple[tuple[str, str], ...]:
    promotion = view.promotion
    return (
        ("Purpose", promotion.purpose),
        ("Expected", promotion.expected_outcome),
        ("Fall-back", _fall_back(view)),
        ("Asked by", f"{promotion.requester.name}, {moment(promotion.requested, view.now)}"),
    )


def _fall_back(view: ApprovalView) -> str:
    version = view.promotion.fall_back
    if not version:
        return f"none: nothing holds {view.promotion.stage}"
    release = version_of(view.model, version)
    return f"version {version} ({release.id})" if release else f"version {version}"


def _findings(view: ApprovalView) -> Iterator[Element]:
    found = findings.open_checks(view.release, view.policy)
    if found:
        title = f"{count(findings.total(found), 'finding')} that warn"
        yield section(title, *findings.elements(found, view.policy, view.elsewhere))


def _deciders(deciders: Deciders) -> Iterator[Element]:
    groups = " or ".join(deciders.groups) or "nobody: the policy names no group"
    yield text(f"Members of: {groups}")
    if deciders.may:
        yield text(f"They are: {listed(deciders.may, NAMES)}")
    for name, reason in deciders.may_not[:NAMES]:
        yield text(f"Not {name}: {reason}", Tone.SUBTLE)


def _buttons(view: ApprovalView) -> Iterator[Button]:
    """The comment goes with both: an approval may have one, and a rejection must."""
    release, approval = view.release.id, view.promotion.approval
    title = f"Approve version {view.version} for {view.promotion.stage}"
    verb = "approval.approve"
    yield button(title, verb, tone=Tone.GOOD, release=release, approval=approval)
    yield button("Reject", "approval.reject", tone=Tone.BAD, release=release, approval=approval)
