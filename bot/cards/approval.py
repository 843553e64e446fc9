"""The card that asks another person to approve a stage, and what its buttons mean."""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Final, Protocol

import msgspec

from bot import findings, metrics_table, since_champion
from bot.click import Click, Clicks, Draft, named, release_of, typed
from bot.elements import Part, banner, button, card, facts, heading, link, section, text, text_input
from bot.since_champion import Changes
from bot.view import CardSubject, View, release_view
from bot.wording import listed
from core.authority.acts import ApproveStage, RejectStage
from core.authority.conditions import approvers
from core.authority.contributors import barring
from core.authority.ruling import Condition
from core.card import Card, Dated, Element, Tone
from core.count import count
from core.errors import UnavailableError, UnknownNameError
from core.events.people import ApprovalDecided
from core.people import Person
from core.ports import Directory, Effects, GitHost
from core.reading import fall_back, held_by, judged_against, lost, open_checks, version_of
from core.release.promotion import Promotion
from core.release.release import Release
from core.release.state import StepEnd, step_key
from core.words import ApprovalId, Stage, Step

clicks: Clicks[Draft] = Clicks()

NAMES = 8
_BROKE: Final = {StepEnd.FAILED: "failed", StepEnd.STUCK: "got stuck"}


class ApprovalNeeds(Protocol):
    """The git host for what changed, effects to keep its answer, the directory for names."""

    @property
    def git(self) -> GitHost: ...

    @property
    def store(self) -> Effects: ...

    @property
    def directory(self) -> Directory: ...


class Deciders(msgspec.Struct, frozen=True, kw_only=True):
    """Who may decide, by name, and who may not, with the reason."""

    groups: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    may_not: tuple[tuple[str, str], ...] = ()


class ApprovalView(View, frozen=True, kw_only=True):
    """A request for a stage, beside what an approver has to see of the release."""

    promotion: Promotion
    changes: Changes = Changes()
    deciders: Deciders = Deciders()

    @property
    def champion(self) -> Release | None:
        """Once somebody has decided: what they had before them, which changes no more."""
        asked = self.promotion
        if not asked.outcome:
            return super().champion
        if asked.champion is None and asked.stage is Stage.PROD and asked.fall_back:
            return version_of(self.model, asked.fall_back)  # in ledgers of before
        return judged_against(self.model, asked.champion)


async def gather(subject: CardSubject, needs: ApprovalNeeds) -> ApprovalView:
    approval, model = ApprovalId(subject.name), subject.model
    releases = chain(model.live(), model.newest_first())  # the others need not be unpacked for it
    release = next((found for found in releases if approval in found.promotions), None)
    if release is None:
        raise UnknownNameError("approval", approval)
    fields = msgspec.structs.asdict(release_view(subject, release.id))
    view = ApprovalView(**fields, promotion=release.promotions[approval])
    return msgspec.structs.replace(
        view,
        changes=await since_champion.changes(needs.git, needs.store, release, view.champion),
        deciders=await _who(needs.directory, view),
    )


async def _who(directory: Directory, view: ApprovalView) -> Deciders:
    """Without the directory the groups remain: the flow decides by the person who clicks."""
    promotion = view.promotion
    if promotion.outcome:
        return Deciders()
    groups = approvers(view.policy, promotion.stage)
    reasons = barring(view.model, view.release, promotion.stage, promotion.contributors)
    try:
        members = [person for group in groups for person in await directory.members(group)]
        named_ones = [(await _name(directory, key), why) for key, why in reasons.items()]
    except UnavailableError:
        return Deciders(groups=groups)
    act = RejectStage(release=view.release.id, approval=promotion.approval)
    rulings = ((person, view.may(act, person).part(Condition.FOUR_EYES)) for person in members)
    may = {person.id: person.name for person, ruling in rulings if ruling and ruling.is_met}
    return Deciders(groups=groups, may=tuple(may.values()), may_not=tuple(dict(named_ones).items()))


async def _name(directory: Directory, key: str) -> str:
    person: Person | None = await directory.person(key) or await directory.known_as(key)
    return person.name if person else key


def readers(view: ApprovalView) -> tuple[str, ...]:
    """Where the approvers of the stage meet, if platform.yml says so; else the team."""
    return (*approvers(view.policy, view.promotion.stage), view.team)


def render(view: ApprovalView) -> Card:
    """Verdict, largest changes, request and buttons fit one phone screen; details are closed."""
    return _decided(view) if view.promotion.outcome else _question(view)


def subject_of(click: Click) -> str:
    return named(click, "approval")


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
        *since_champion.largest(view, view.changes),
        facts(_request(view)),
        since_champion.details(view, view.changes),
        *findings.accepted(view.release),
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
        since_champion.details(view, view.changes),
        link("Release page", view.page),
        summary=f"{_what(view)}: {verdict}",
    )


def _what(view: ApprovalView) -> str:
    return view.versioned


def _outcome(view: ApprovalView) -> tuple[str, Tone]:
    promotion, stage = view.promotion, view.promotion.stage
    who = promotion.decided_by.name if promotion.decided_by else "nobody"
    match promotion.outcome:
        case "placed":
            on = (" on ", promotion.placed) if promotion.placed else ()
            return Dated(f"Approved by {who}, and placed on {stage}", *on), Tone.GOOD
        case "rejected":
            return f"Rejected by {who}", Tone.BAD
        case "void":
            return "Void: nobody can decide this any more", Tone.SUBTLE
    run = view.release.steps.get(step_key(Step.PROMOTE, stage))
    if run is not None and run.ended in {StepEnd.FAILED, StepEnd.STUCK}:
        return f"Approved by {who}, but promoting to {stage} {_BROKE[run.ended]}", Tone.BAD
    return f"Approved by {who}: promoting to {stage}", Tone.ACCENT


def _decision(view: ApprovalView) -> Iterator[tuple[str, str]]:
    promotion, person = view.promotion, view.promotion.decided_by
    if person is not None:
        unverified = "" if person.identity == "verified" else " (identity not verified)"
        yield "Decided by", f"{person.name}{unverified}"
    if promotion.decided is not None:
        yield "When", Dated(promotion.decided)
    # a superseded release voids its open request without a comment of its own
    why = promotion.comment or (view.release.reason if promotion.outcome == "void" else "")
    if why:
        yield "Why", why
    if promotion.rows:
        yield "Rows scored", str(promotion.rows)
    if promotion.outcome == "placed":
        yield "Since then", _since_then(view)


def _since_then(view: ApprovalView) -> str:
    """What became of the placing; of several on one stage the newest speaks of today."""
    release, stage = view.release, view.promotion.stage
    if release.promotion_to(stage) is not view.promotion:
        return f"{stage} was asked for again"
    if stage in held_by(view.model, release):
        return f"it holds {stage}"
    return Dated(f"it was on {stage}", lost(release, stage))


def _request(view: ApprovalView) -> tuple[tuple[str, str], ...]:
    promotion = view.promotion
    return (
        ("Purpose", promotion.purpose),
        ("Expected", promotion.expected_outcome),
        ("Fall-back", fall_back(view.model, promotion)),
        ("Asked by", Dated(f"{promotion.requester.name}, ", promotion.requested)),
    )


def _findings(view: ApprovalView) -> Iterator[Element]:
    found = open_checks(view.release, view.policy)
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


def _buttons(view: ApprovalView) -> Iterator[Part]:
    """The comment goes with both: an approval may have one, and a rejection must."""
    release, approval = view.release.id, view.promotion.approval
    ruling = view.may(ApproveStage(release=release, approval=approval))
    if ruling.is_met:
        title, verb = (
            f"Approve {release} for {view.promotion.stage}",
            "approval.approve",
        )
        yield button(title, verb, tone=Tone.GOOD, release=release, approval=approval)
    else:
        yield text(f"{ruling.reason} {ruling.who_can}".rstrip(), Tone.WARN)
    if view.may(RejectStage(release=release, approval=approval)).is_met:
        yield button("Reject", "approval.reject", tone=Tone.BAD, release=release, approval=approval)
