"""Events that move a release: opened, steps, acceptance, and its end."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from core.events.derived import (
    AcceptanceAsked,
    FinancialIdNoted,
    ModelNameClaimed,
    ReleaseAccepted,
    ReleaseBlocked,
    ReleaseChecked,
    ReleaseOpened,
    ReleaseRejected,
    ReleaseStuck,
    ReleaseSuperseded,
    StepFailed,
    StepPlanned,
    VersionRegistered,
)
from core.events.workers import ChecksReported, StepFinished, StepProgressed
from core.platform import canonical_id
from core.release.fold.folds import change, folds, with_end, with_release
from core.release.model import Model, WhoPays
from core.release.release import Release, rejection
from core.release.state import FITS, STEP_STATE, State, StepEnd, StepRun, step_key
from core.results import Checked, Failed, Ran, Registered
from core.words import Step

TRAINING: Final = frozenset({Step.TRAIN, Step.SCORE, Step.EVALUATE})
RETRY_WORDS: Final = 3

replace = msgspec.structs.replace


@folds(ReleaseOpened)
def _opened(model: Model, event: ReleaseOpened) -> Model:
    release = Release(
        id=event.release, number=event.number, repository=event.repository, branch=event.branch,
        commit=event.commit, pusher=event.pusher, pusher_name=event.pusher_name,
        push_id=event.push_id, is_candidate=event.is_candidate,
        opened=event.time, changed=event.time, trainers=(event.pusher,), opened_for=event.team,
    )  # fmt: skip
    newest = model.newest()
    is_same = newest is None or canonical_id(newest.repository) == canonical_id(event.repository)
    return replace(
        with_release(model, release),
        pushes={**(model.pushes if is_same else {}), event.branch: event.push_id},
        next_number=event.number + 1,
    )


@folds(StepPlanned)
def _planned(model: Model, event: StepPlanned) -> Model:
    release = model.releases[event.release]
    run = StepRun(step=event.step, attempt=event.attempt, stage=event.stage, planned=event.time)
    key = step_key(event.step, event.stage)
    steps = {**{name: found for name, found in release.steps.items() if name != key}, key: run}
    return change(
        model, event, event.release, steps=steps, state=STEP_STATE[event.step], stage=event.stage,
        reason="", trainers=_trainers(release, event),
    )  # fmt: skip


def _trainers(release: Release, event: StepPlanned) -> tuple[str, ...]:
    """Who has a run tried again causes it; checking, registering or promoting is no training."""
    if event.step not in TRAINING or not (by := event.by or _who_retried(event.caused_by)):
        return release.trainers
    return tuple(dict.fromkeys((*release.trainers, by, *event.names)))


def _who_retried(cause: str) -> str:
    """Events of before say who retried only in the id of the wish: ``retry/<release>/<id>/...``."""
    words = cause.split("/")
    return words[2] if words[0] == "retry" and len(words) > RETRY_WORDS else ""


def _step_changed(
    release: Release | None, event: StepFinished | StepProgressed, **changes: Any
) -> dict[str, StepRun]:
    """The release's steps; none for what comes late or twice: it is kept, and moves nothing.

    Whatever has ended a step, such as a newer push, may have been quicker than its last note.
    """
    key = step_key(event.step, event.stage)
    run = release.steps.get(key) if release else None
    if release is None or run is None or run.attempt != event.attempt or run.finished:
        return {}
    if run.ended and isinstance(event, StepProgressed):
        return {}
    return {**release.steps, key: replace(run, **changes)}


@folds(StepProgressed)
def _progressed(model: Model, event: StepProgressed) -> Model:
    steps = _step_changed(model.releases.get(event.release), event, note=event.note)
    return change(model, event, event.release, steps=steps) if steps else model


@folds(ChecksReported)
def _reported(model: Model, event: ChecksReported) -> Model:
    """A quick answer that comes after the gate's whole one, or its end, moves nothing."""
    release = model.releases.get(event.release)
    run = release.steps.get(Step.CHECK) if release else None
    if run is None or run.attempt != event.attempt or run.finished or run.ended:
        return model
    return change(model, event, event.release, quick=event.checks, waiting=event.waiting)


def _end(release: Release | None, event: StepFinished) -> StepEnd:
    """How the step has ended: a late result of one that counts no longer changes nothing of it."""
    run = release.steps.get(step_key(event.step, event.stage)) if release else None
    if release and run and run.ended:
        is_in_vain = event.step is Step.PROMOTE and not release.is_approved_for(event.stage)
        if release.is_final or is_in_vain:
            return run.ended
    return StepEnd.FAILED if isinstance(event.result, Failed) else StepEnd.DONE


@folds(StepFinished)
def _finished(model: Model, event: StepFinished) -> Model:
    release = model.releases.get(event.release)
    how = _end(release, event)
    steps = _step_changed(release, event, finished=event.time, result=event.result, ended=how)
    if release is None or not steps:
        return model
    changes: dict[str, Any] = {"steps": steps, "quick": (), "waiting": ()}
    match event.result if isinstance(event.result, FITS[event.step]) else None:
        case Checked():
            changes["checked"] = event.result
        case Ran():
            changes["ran"] = {**release.ran, event.step: event.result}
        case Registered():
            changes["registered"] = event.result
        case _:  # what does not fit its step changes nothing but that it has ended
            pass
    return change(model, event, event.release, **changes)


def _state(state: State) -> Callable[[Model, Any], Model]:
    def move(model: Model, event: Any) -> Model:
        reason = getattr(event, "reason", "")
        return change(model, event, event.release, state=state, reason=reason)

    return move


folds(ReleaseChecked)(_state(State.CHECKED))
folds(AcceptanceAsked)(_state(State.AWAITING_ACCEPTANCE))
folds(VersionRegistered)(_state(State.REGISTERED))


def _halted(state: State, how: StepEnd) -> Callable[[Model, Any], Model]:
    """A step has ended so, and the release goes no further by itself."""

    def move(model: Model, event: StepFailed | ReleaseBlocked | ReleaseStuck) -> Model:
        release = model.releases.get(event.release)
        if release is None:
            return model
        key = step_key(event.step, event.stage) if isinstance(event, StepFailed) else ""
        steps = with_end(release, how, key=key)
        return change(
            model, event, event.release,
            state=state, reason=event.reason, steps=steps, waiting=(),
        )  # fmt: skip

    return move


folds(StepFailed)(_halted(State.FAILED, StepEnd.FAILED))
folds(ReleaseBlocked)(_halted(State.BLOCKED, StepEnd.BLOCKED))
folds(ReleaseStuck)(_halted(State.STUCK, StepEnd.STUCK))


@folds(ReleaseRejected)
def _rejected(model: Model, event: ReleaseRejected) -> Model:
    return change(
        model, event, event.release,
        state=State.REJECTED, reason=rejection(event.by, event.reason), champion=event.champion,
    )  # fmt: skip


@folds(ReleaseSuperseded)
def _superseded(model: Model, event: ReleaseSuperseded) -> Model:
    release = model.releases[event.release]
    promotions = {
        approval: found if found.outcome else replace(found, outcome="void", voided=event.time)
        for approval, found in release.promotions.items()
    }
    return change(
        model, event, event.release,
        state=State.SUPERSEDED, reason=f"superseded by {event.by}", promotions=promotions,
        steps=with_end(release, StepEnd.CANCELLED, is_open=True), waiting=(),
    )  # fmt: skip


@folds(ModelNameClaimed)
def _claimed(model: Model, event: ModelNameClaimed) -> Model:
    return replace(model, name=event.model)


@folds(FinancialIdNoted)
def _noted(model: Model, event: FinancialIdNoted) -> Model:
    """It belongs to the model: the next release that does not say it shows it again."""
    pays = WhoPays(value=event.financial_id, by=event.by, since=event.time)
    return replace(model, who_pays=pays)


@folds(ReleaseAccepted)
def _accepted(model: Model, event: ReleaseAccepted) -> Model:
    return change(model, event, event.release, accepted_by=event.by, champion=event.champion)
