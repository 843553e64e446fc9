"""Fold events into the state of a model: one small function per event that moves it."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from core import events as ev
from core.events import Event
from core.ports.store import Recorded
from core.release import STEP_STATE, Holder, Model, Promotion, Release, State, StepRun
from core.results import Checked, Failed, Promoted, Ran, Registered
from core.words import ReleaseId, Stage, Step, Stream

replace = msgspec.structs.replace
E = TypeVar("E", bound=Event)
_FOLDS: dict[type[Event], Callable[[Model, Any], Model]] = {}


def fold(model: Model, event: Event) -> Model:
    """The state after the event; an event that moves nothing still raises the version."""
    moved = _FOLDS.get(type(event), _nothing)(model, event)
    return replace(moved, version=model.version + 1)


def folded(stream: Stream, recorded: Iterable[Recorded], start: Model | None = None) -> Model:
    model = start or Model(stream=stream)
    for entry in recorded:
        model = fold(model, entry.event)
    return model


def _nothing(model: Model, _event: Event) -> Model:
    return model


def _on(kind: type[E]) -> Callable[[Callable[[Model, E], Model]], Callable[[Model, E], Model]]:
    def register(function: Callable[[Model, E], Model]) -> Callable[[Model, E], Model]:
        _FOLDS[kind] = function
        return function

    return register


def _change(model: Model, event: Event, release: ReleaseId, **changes: Any) -> Model:
    """One release changed; an event about a release that is not ours moves nothing."""
    known = model.releases.get(release)
    if known is None:
        return model
    changed = replace(known, changed=event.time, **changes)
    return replace(model, releases={**model.releases, release: changed})


def step_key(step: Step, stage: Stage) -> str:
    return f"{step}/{stage}" if step is Step.PROMOTE else str(step)


@_on(ev.PullRequestChanged)
def _pull_request(model: Model, event: ev.PullRequestChanged) -> Model:
    creators = {*model.creators.get(event.commit, ()), event.creator}
    return replace(model, creators={**model.creators, event.commit: tuple(sorted(creators))})


@_on(ev.BranchDeleted)
def _branch_deleted(model: Model, event: ev.BranchDeleted) -> Model:
    pushes = {**model.pushes, event.branch: max(event.push_id, model.pushes.get(event.branch, 0))}
    return replace(model, pushes=pushes)


@_on(ev.ReleaseOpened)
def _opened(model: Model, event: ev.ReleaseOpened) -> Model:
    release = Release(
        id=event.release, number=event.number, repository=event.repository, branch=event.branch,
        commit=event.commit, pusher=event.pusher, pusher_name=event.pusher_name,
        push_id=event.push_id, is_candidate=event.is_candidate,
        opened=event.time, changed=event.time, trainers=(event.pusher,),
    )  # fmt: skip
    return replace(
        model,
        releases={**model.releases, event.release: release},
        pushes={**model.pushes, event.branch: event.push_id},
        next_number=event.number + 1,
    )


@_on(ev.StepPlanned)
def _planned(model: Model, event: ev.StepPlanned) -> Model:
    release = model.releases[event.release]
    run = StepRun(step=event.step, attempt=event.attempt, stage=event.stage, planned=event.time)
    key = step_key(event.step, event.stage)
    steps = {**{name: found for name, found in release.steps.items() if name != key}, key: run}
    state = STEP_STATE[event.step]
    return _change(
        model, event, event.release, steps=steps, state=state, stage=event.stage, reason=""
    )


def _step_changed(
    release: Release | None, event: ev.StepFinished | ev.StepProgressed, **changes: Any
) -> dict[str, StepRun]:
    """The release's steps; none for what comes late or twice: it is kept, and moves nothing."""
    key = step_key(event.step, event.stage)
    run = release.steps.get(key) if release else None
    if release is None or run is None or run.attempt != event.attempt or run.finished:
        return {}
    return {**release.steps, key: replace(run, **changes)}


@_on(ev.StepProgressed)
def _progressed(model: Model, event: ev.StepProgressed) -> Model:
    steps = _step_changed(model.releases.get(event.release), event, note=event.note)
    return _change(model, event, event.release, steps=steps) if steps else model


@_on(ev.ChecksReported)
def _reported(model: Model, event: ev.ChecksReported) -> Model:
    """What comes after the gate's whole answer says nothing new."""
    release = model.releases.get(event.release)
    run = release.steps.get(Step.CHECK) if release else None
    if run is None or run.attempt != event.attempt or run.finished:
        return model
    return _change(model, event, event.release, quick=event.checks, waiting=event.waiting)


@_on(ev.StepFinished)
def _finished(model: Model, event: ev.StepFinished) -> Model:
    release = model.releases.get(event.release)
    steps = _step_changed(release, event, finished=event.time, result=event.result)
    if release is None or not steps:
        return model
    changes: dict[str, Any] = {"steps": steps, "quick": (), "waiting": ()}
    match event.result:
        case Checked():
            changes["checked"] = event.result
        case Ran():
            changes["ran"] = {**release.ran, event.step: event.result}
        case Registered():
            changes["registered"] = event.result
        case Promoted() | Failed():
            pass
    return _change(model, event, event.release, **changes)


@_on(ev.RetryRequested)
def _retried(model: Model, event: ev.RetryRequested) -> Model:
    """Who retries causes the run, and is a trainer from then on."""
    release = model.releases.get(event.release)
    if release is None:
        return model
    trainers = tuple(dict.fromkeys((*release.trainers, event.by.id)))
    return _change(model, event, event.release, trainers=trainers)


def _state(state: State) -> Callable[[Model, Any], Model]:
    def move(model: Model, event: Any) -> Model:
        reason = getattr(event, "reason", "")
        return _change(model, event, event.release, state=state, reason=reason)

    return move


_on(ev.StepFailed)(_state(State.FAILED))
_on(ev.ReleaseChecked)(_state(State.CHECKED))
_on(ev.ReleaseBlocked)(_state(State.BLOCKED))
_on(ev.AcceptanceAsked)(_state(State.AWAITING_ACCEPTANCE))
_on(ev.ReleaseStuck)(_state(State.STUCK))
_on(ev.VersionRegistered)(_state(State.REGISTERED))


@_on(ev.ReleaseRejected)
def _rejected(model: Model, event: ev.ReleaseRejected) -> Model:
    reason = f"{event.by.name}: {event.reason}"
    return _change(model, event, event.release, state=State.REJECTED, reason=reason)


@_on(ev.ReleaseSuperseded)
def _superseded(model: Model, event: ev.ReleaseSuperseded) -> Model:
    release = model.releases[event.release]
    promotions = {
        stage: found if found.outcome else replace(found, outcome="void", decided=event.time)
        for stage, found in release.promotions.items()
    }
    return _change(
        model, event, event.release,
        state=State.SUPERSEDED, reason=f"superseded by {event.by}", promotions=promotions,
    )  # fmt: skip


@_on(ev.ModelNameClaimed)
def _claimed(model: Model, event: ev.ModelNameClaimed) -> Model:
    return replace(model, name=event.model)


@_on(ev.ReleaseAccepted)
def _accepted(model: Model, event: ev.ReleaseAccepted) -> Model:
    return _change(model, event, event.release, accepted_by=event.by)


@_on(ev.PromotionRequested)
def _requested(model: Model, event: ev.PromotionRequested) -> Model:
    release = model.releases[event.release]
    promotion = Promotion(
        stage=event.stage, approval=event.approval, digest=event.digest,
        requester=event.requester, purpose=event.purpose,
        expected_outcome=event.expected_outcome, fall_back=event.fall_back, requested=event.time,
    )  # fmt: skip
    return _change(
        model, event, event.release,
        state=State.AWAITING_APPROVAL, stage=event.stage, reason="",
        promotions={**release.promotions, event.stage: promotion}, requests=release.requests + 1,
    )  # fmt: skip


def _decided(model: Model, event: Any, outcome: str, **changes: Any) -> Model:
    release = model.releases[event.release]
    promotion = replace(
        release.promotions[event.stage],
        outcome=outcome,
        decided_by=getattr(event, "by", None),
        decided=event.time,
        comment=getattr(event, "comment", "") or getattr(event, "reason", ""),
    )
    promotions = {**release.promotions, event.stage: promotion}
    return _change(model, event, event.release, promotions=promotions, **changes)


@_on(ev.PromotionApproved)
def _promotion_approved(model: Model, event: ev.PromotionApproved) -> Model:
    return _decided(model, event, "approved")


def _back(release: Release) -> dict[str, Any]:
    """After a request that came to nothing a release is where it was before."""
    placed = [stage for stage, found in release.promotions.items() if found.outcome == "placed"]
    if placed:
        return {"state": State.PLACED, "stage": placed[-1]}
    return {"state": State.REGISTERED, "stage": Stage.TST}


@_on(ev.PromotionRejected)
def _promotion_rejected(model: Model, event: ev.PromotionRejected) -> Model:
    reason = f"{event.by.name} rejected {event.stage}: {event.comment}"
    return _decided(model, event, "rejected", reason=reason, **_back(model.releases[event.release]))


@_on(ev.ApprovalVoided)
def _voided(model: Model, event: ev.ApprovalVoided) -> Model:
    back = _back(model.releases[event.release])
    return _decided(model, event, "void", reason=event.reason, **back)


@_on(ev.StagePlaced)
def _placed(model: Model, event: ev.StagePlaced) -> Model:
    release = model.releases[event.release]
    promotion = replace(release.promotions[event.stage], outcome="placed", rows=event.rows)
    holder = Holder(
        version=event.version, release=event.release, since=event.time, noted=model.version + 1
    )
    model = replace(model, holders={**model.holders, event.stage: holder})
    return _change(
        model, event, event.release, state=State.PLACED, stage=event.stage, reason="",
        promotions={**release.promotions, event.stage: promotion},
    )  # fmt: skip


@_on(ev.RegistryChangedOutside)
def _changed_outside(model: Model, event: ev.RegistryChangedOutside) -> Model:
    owners = (r.id for r in model.releases.values() if _version(r) == event.found)
    holder = Holder(
        version=event.found,
        release=next(owners, ""),
        since=event.time,
        noted=model.version + 1,
    )
    return replace(model, holders={**model.holders, event.stage: holder})


def _version(release: Release) -> str:
    return release.registered.version if release.registered else ""
