"""The card of a pipeline that waits: what it brings, who may decide, and what became of it."""

from collections.abc import Iterator
from functools import partial
from typing import Final, Protocol

import msgspec

from bot.click import Click, Clicks, Draft, named, typed
from bot.elements import Part, banner, button, card, facts, heading, link, section, text, text_input
from bot.view import CardSubject
from bot.wording import clipped, listed, short
from core.authority.acts import ApprovePipeline, RejectPipeline
from core.authority.evaluate import may
from core.authority.four_eyes import hands_in
from core.authority.pipelines import deciders
from core.authority.ruling import Condition, Ruling
from core.card import Card, Dated, Element, Tone
from core.checkpoint import CheckpointState, PipelineCheckpoint, WaitingRun
from core.context import Context
from core.contributors import Contributors
from core.count import count
from core.desk import Desk, desk_after
from core.errors import UnavailableError, UnknownNameError
from core.events.desk import CheckpointDecided
from core.events.people import PipelineDecided
from core.events.workers import AnswerDelayed, CheckpointSeen
from core.ports import Directory, Ledger
from core.release.model import Model
from core.words import PLATFORM

clicks: Clicks[Draft] = Clicks()

NAMES: Final = 8
_name: Final = partial(clipped, limit=80)  # a name that somebody else gave
NOT_TOLD: Final = "Azure DevOps does not tell"
NOT_COUNTED: Final = (
    "Nobody has been counted yet who had a hand in it. They are counted when somebody decides."
)
CLOSED: Final = {
    CheckpointState.APPROVED: ("Approved in Azure DevOps", Tone.GOOD),
    CheckpointState.REJECTED: ("Rejected in Azure DevOps", Tone.BAD),
    CheckpointState.BYPASSED: ("Bypassed in Azure DevOps by an administrator", Tone.WARN),
    CheckpointState.CANCELLED: ("The run was cancelled: nothing waits any more", Tone.SUBTLE),
    CheckpointState.TIMED_OUT: ("The time limit has passed: nothing waits any more", Tone.SUBTLE),
    CheckpointState.GONE: ("Azure DevOps does not show it any more", Tone.SUBTLE),
}
NOT_SENT: Final = "{name} {did} it here, and that was not sent: it was over there by then."


class PipelineNeeds(Protocol):
    """The desk keeps what waits and a few of the others; the ledger has them all."""

    @property
    def store(self) -> Ledger: ...

    @property
    def directory(self) -> Directory: ...


class PipelineView(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint, and what the flow says to anybody; ``hands`` are names, with what they did."""

    checkpoint: PipelineCheckpoint
    approve: Ruling
    reject: Ruling
    groups: tuple[str, ...]
    hands: tuple[tuple[str, str], ...] = ()
    may: tuple[str, ...] = ()

    @property
    def run(self) -> WaitingRun:
        return self.checkpoint.run


async def gather(subject: CardSubject, needs: PipelineNeeds) -> PipelineView:
    desk, name = await needs.store.desk(), subject.name
    found = desk.checkpoints.get(name) or await _from_ledger(name, needs)
    if found is None:
        raise UnknownNameError("pipeline that waits", name)
    context = msgspec.structs.replace(subject.context, desk=desk)
    view = PipelineView(
        checkpoint=found,
        approve=may(None, ApprovePipeline(checkpoint=name), subject.model, context),
        reject=may(None, RejectPipeline(checkpoint=name), subject.model, context),
        groups=deciders(found, context.policy),
    )
    try:
        hands = await _hands(needs.directory, view.checkpoint.counted)
        able = await _able(needs.directory, view, subject.model, context)
    except UnavailableError:
        return view  # the groups remain
    return msgspec.structs.replace(view, hands=hands, may=able)


async def _from_ledger(name: str, needs: PipelineNeeds) -> PipelineCheckpoint | None:
    kinds = (CheckpointSeen, CheckpointDecided, AnswerDelayed)
    entries = await needs.store.load(PLATFORM, kinds=kinds)
    events = (entry.event for entry in entries if isinstance(entry.event, kinds))
    return desk_after(Desk(), (each for each in events if _is_of(each, name))).checkpoints.get(name)


def _is_of(event: CheckpointSeen | CheckpointDecided | AnswerDelayed, name: str) -> bool:
    return name == (event.seen.id if isinstance(event, CheckpointSeen) else event.checkpoint)


async def _hands(
    directory: Directory, contributors: Contributors | None
) -> tuple[tuple[str, str], ...]:
    """Of one human the first hand is told; whom nobody knows is told by their address."""
    told: dict[str, str] = {}
    did = hands_in(contributors) if contributors else {}
    for each in contributors.found if contributors else ():
        if len(told) > NAMES:
            break
        person = await directory.person(each.person) if each.person else None
        name = person.name if person else each.name or "somebody without an address"
        told.setdefault(name, did.get(each.person or each.name, str(each.part)))
    return tuple(told.items())


async def _able(
    directory: Directory, view: PipelineView, model: Model, context: Context
) -> tuple[str, ...]:
    if not view.checkpoint.is_open or view.checkpoint.counted is None:
        return ()
    members = [person for group in view.groups for person in await directory.members(group)]
    act = RejectPipeline(checkpoint=view.checkpoint.id)
    rulings = ((each, may(each, act, model, context).part(Condition.FOUR_EYES)) for each in members)
    return tuple({each.id: each.name for each, ruled in rulings if ruled and ruled.is_met}.values())


def readers(view: PipelineView) -> tuple[str, ...]:
    """Where those meet who decide, if platform.yml says so; else the platform team."""
    return (*view.groups, PLATFORM)


def render(view: PipelineView) -> Card:
    title = _title(view)
    verdict, tone = _verdict(view)
    return card(
        heading(title),
        banner(verdict, tone),
        *_problem(view.checkpoint),
        facts(tuple(_rows(view))),
        section("What it brings", *_brings(view))
        if view.groups or view.checkpoint.counted
        else None,
        *(_question(view) if view.checkpoint.is_open else ()),
        link("Run in Azure DevOps", view.run.link),
        summary=title if view.checkpoint.is_open else f"{title}: {verdict}",
    )


def subject_of(click: Click) -> str:
    return named(click, "checkpoint")


@clicks.on("pipeline.show")
def show(_click: Click) -> Draft:
    return None


@clicks.on("pipeline.approve")
def approve(click: Click) -> Draft:
    return _draft(click, approved=True)


@clicks.on("pipeline.reject")
def reject(click: Click) -> Draft:
    return _draft(click, approved=False)


def _draft(click: Click, *, approved: bool) -> Draft:
    """The press names the checkpoint and nothing else; who may decide is for the flow to say."""
    checkpoint = subject_of(click)
    return partial(
        PipelineDecided,
        id=f"decision/{checkpoint}/{click.person.id}/{click.id}",
        checkpoint=checkpoint,
        by=click.person,
        approved=approved,
        comment=typed(click, "comment"),
    )


def _title(view: PipelineView) -> str:
    pipeline = _name(view.run.pipeline_name) or "A pipeline"
    where = _name(view.run.environment) or "its environment"
    if not view.checkpoint.is_open:
        return f"{pipeline}: {where}"
    return f"Let {pipeline} use {where}?" if view.groups else f"{pipeline} waits for {where}"


def _verdict(view: PipelineView) -> tuple[str, Tone]:
    checkpoint, said = view.checkpoint, view.checkpoint.decision
    if checkpoint.closed is not None and checkpoint.told is None:
        words, tone = CLOSED[checkpoint.seen.state]
        by = checkpoint.seen.closed_by
        is_decided = checkpoint.seen.state in {CheckpointState.APPROVED, CheckpointState.REJECTED}
        return (f"{words} by {_name(by)}" if by and is_decided else words), tone
    if said is None:
        return Dated("Waits since ", checkpoint.seen.since), Tone.ACCENT
    did = f"{'Approved' if said.approved else 'Rejected'} by {said.by.name}"
    if checkpoint.told is None:
        return f"{did}: Azure DevOps is being told", Tone.ACCENT
    return _taken(checkpoint, did, approved=said.approved)


def _taken(checkpoint: PipelineCheckpoint, did: str, *, approved: bool) -> tuple[str, Tone]:
    """What came of an answer that Azure DevOps has; others may have to say something, too."""
    wanted = CheckpointState.APPROVED if approved else CheckpointState.REJECTED
    state = checkpoint.seen.state
    if checkpoint.closed is None:
        return f"{did}. Azure DevOps waits for others as well", Tone.ACCENT
    if state is wanted:
        return did, Tone.GOOD if approved else Tone.BAD
    words, tone = CLOSED[state]
    return f"{did}. {words}", tone


def _problem(checkpoint: PipelineCheckpoint) -> Iterator[Part]:
    said = checkpoint.decision
    if checkpoint.problem:
        yield text(checkpoint.problem, Tone.WARN)
    if said and checkpoint.closed and checkpoint.told is None:
        did = "approved" if said.approved else "rejected"
        yield text(NOT_SENT.format(name=said.by.name, did=did), Tone.WARN)


def _rows(view: PipelineView) -> Iterator[tuple[str, str]]:
    run, checkpoint = view.run, view.checkpoint
    yield "Project", _name(run.project_name) or NOT_TOLD
    yield "Environment", _name(run.environment) or NOT_TOLD
    yield "Run", " of ".join(filter(None, (_name(run.run_name), _name(run.pipeline_name))))
    if run.stage:
        yield "Stage", _name(run.stage)
    yield "Commit", _commit(run)
    yield "Started by", _name(run.started_by_name) or ", ".join(run.started_by) or NOT_TOLD
    if checkpoint.seen.until and checkpoint.closed is None:
        yield "Time limit", Dated(checkpoint.seen.until)
    yield from _decision(checkpoint)


def _commit(run: WaitingRun) -> str:
    if not run.commit:
        return NOT_TOLD
    place = " of ".join(filter(None, (_name(run.branch), _name(run.repository_name))))
    return f"{short(run.commit)} on {place}" if place else short(run.commit)


def _decision(checkpoint: PipelineCheckpoint) -> Iterator[tuple[str, str]]:
    said = checkpoint.decision
    if said is not None:
        unverified = "" if said.by.identity == "verified" else " (identity not verified)"
        yield "Decided by", Dated(f"{said.by.name}{unverified}, ", said.time)
    why = said.comment if said else checkpoint.seen.comment if checkpoint.closed else ""
    if why:
        yield "Why", clipped(why, 400)


def _brings(view: PipelineView) -> Iterator[Element]:
    counted = view.checkpoint.counted
    if counted is None:
        yield text(NOT_COUNTED)
        return
    if counted.problem:
        yield text(counted.problem, Tone.WARN)
    if counted.commits:
        base = short(counted.base)
        since = f"since {base}, which was approved here" if base else "in all"
        yield text(f"{count(counted.commits, 'commit')} {since}.")
    for name, did in view.hands[:NAMES]:
        yield text(f"{_name(name)}: {did}")
    if len(view.hands) > NAMES:
        yield text("And others.", Tone.SUBTLE)


def _question(view: PipelineView) -> Iterator[Part]:
    if view.groups:
        yield section("Who may decide", *_who(view))
    if not view.reject.is_met:
        yield text(f"{view.reject.reason} {view.reject.who_can}".rstrip(), Tone.WARN)
        return
    yield text_input("comment", "Reason (needed to reject)", is_multiline=False)
    name = view.checkpoint.id
    if view.approve.is_met:
        yield button("Approve", "pipeline.approve", tone=Tone.GOOD, checkpoint=name)
    else:
        yield text(f"{view.approve.reason} {view.approve.who_can}".rstrip(), Tone.WARN)
    yield button("Reject", "pipeline.reject", tone=Tone.BAD, checkpoint=name)


def _who(view: PipelineView) -> Iterator[Element]:
    yield text(f"Members of: {' or '.join(view.groups)}")
    if view.may:
        yield text(f"They are: {listed(view.may, NAMES)}")
    yield text("Nobody can who had a hand in it.", Tone.SUBTLE)
