"""A step has finished: plan the next one, or stop and say why."""

from typing import Final

import msgspec

from core.context import Context
from core.events.derived import (
    AcceptanceAsked,
    ApprovalVoided,
    ReleaseStuck,
    StagePlaced,
    StepFailed,
    VersionRegistered,
)
from core.events.workers import JobDeadLettered, StepFinished
from core.flow import checks
from core.flow.cards import CardRef
from core.flow.decision import Decision, decides, follows, ignored
from core.flow.plan import plan
from core.flow.registry import left, observe
from core.jobs import step_job
from core.release.model import Model
from core.release.release import Release
from core.release.state import FITS, RUNNING, step_key, steps_of
from core.results import Checked, Failed, Promoted, Registered, Result
from core.words import Stage, Step

OTHER_VERSION: Final = (
    "The worker placed version {found}, and version {version} was approved. That counts as moved "
    "by hand; look at the registry, then retry."
)
OTHER_ARTIFACT: Final = (
    "The worker's version {version} has another artifact than the one that was evaluated. It does "
    "not count; find out who changed it, then retry or push anew."
)


@decides(StepFinished)
def finished(model: Model, event: StepFinished, context: Context) -> Decision:
    release = model.releases.get(event.release)
    useless = _why_useless(release, event)
    if release is None or useless:
        return _noted_only(model, event, context, useless)
    other = _what_is_other(release, event.result)
    if other:
        return _refused_result(model, release, event, context, other)
    match event.result:
        case Failed():
            return _failed(model, release, event, context)
        case Checked():
            return checks.checked(model, release, event, context)
        case Registered(version=version):
            return _registered(release, event, context, version)
        case Promoted():
            return _promoted(model, release, event, context)
        case _:
            return _ran(model, release, event, context)


def _what_is_other(release: Release, result: Result) -> str:
    """What a worker brought instead of what was evaluated, or registered and approved, or ""."""
    evaluated, registered = release.ran.get(Step.EVALUATE), release.registered
    match result:
        case Registered() if evaluated and evaluated.artifact_digest:
            is_same = result.artifact_digest == evaluated.artifact_digest
            return "" if is_same else OTHER_ARTIFACT.format(version=result.version)
        case Promoted() if registered and result.version != registered.version:
            return OTHER_VERSION.format(found=result.version, version=registered.version)
        case Promoted() if registered and result.artifact_digest:
            is_same = result.artifact_digest == registered.artifact_digest
            return "" if is_same else OTHER_ARTIFACT.format(version=result.version)
    return ""


def _refused_result(
    model: Model, release: Release, event: StepFinished, context: Context, reason: str
) -> Decision:
    failed = follows(
        event, StepFailed, context,
        release=release.id, step=event.step, stage=event.stage, reason=reason,
    )  # fmt: skip
    jobs = (observe(model, event),) if event.step is Step.PROMOTE else ()
    return Decision(events=(failed,), jobs=jobs, cards=(CardRef("release", release.id),))


def _noted_only(model: Model, event: StepFinished, context: Context, why: str) -> Decision:
    """What a promotion says that counts no longer may have moved its stage: look.

    The card of what has ended shows still what came of its last step.
    """
    release = model.releases.get(event.release)
    cards = (CardRef("release", release.id),) if release and release.is_final else ()
    noted = msgspec.structs.replace(ignored(event, context, why), cards=cards)
    if not isinstance(event.result, Promoted) or event.step is not Step.PROMOTE or not model.name:
        return noted
    return msgspec.structs.replace(noted, jobs=(observe(model, event),))


def _why_useless(release: Release | None, event: StepFinished) -> str:
    """Why a result is noted only, or ""."""
    if release is None:
        return f"there is no release {event.release}"
    if release.is_final:
        return f"{release.id} is {release.state}: the result is noted only"
    run = release.steps.get(step_key(event.step, event.stage))
    if run is None or run.attempt != event.attempt or run.finished is not None:
        return f"a late result of {event.step} attempt {event.attempt}"
    if event.step is Step.PROMOTE and not release.is_approved_for(event.stage):
        return f"the approval of {release.id} for {event.stage} has ended: nothing is placed by it"
    if not isinstance(event.result, (FITS[event.step], Failed)):
        return f"a result that does not fit the step {event.step}"
    return ""


@decides(JobDeadLettered)
def dead_lettered(model: Model, event: JobDeadLettered, context: Context) -> Decision:
    release = model.releases.get(event.release)
    run = release.current_step() if release else None
    if release is None or run is None or release.state not in RUNNING:
        return ignored(event, context, f"{event.job}: nothing waits for it")
    if event.job != step_job(model.stream, release.id, run.step, run.attempt, run.stage).id:
        return ignored(event, context, f"{event.job}: another attempt runs now")
    reason = f"{event.reason} The platform team has the dead letter; `retry {release.id}` goes on."
    stuck = follows(event, ReleaseStuck, context, release=release.id, reason=reason)
    cards = (CardRef("release", release.id), CardRef("problem", release.id))
    return Decision(events=(stuck,), cards=cards)


def _failed(model: Model, release: Release, event: StepFinished, context: Context) -> Decision:
    assert isinstance(event.result, Failed)
    cards = (CardRef("release", release.id),)
    jobs = (observe(model, event),) if event.step is Step.PROMOTE else ()
    promotion = release.promotion_to(event.stage)
    if event.result.is_void and promotion is not None:
        voided = follows(
            event, ApprovalVoided, context,
            release=release.id, stage=event.stage, approval=promotion.approval,
            reason=event.result.reason,
        )  # fmt: skip
        approval = CardRef("approval", promotion.approval)
        return Decision(events=(voided,), jobs=jobs, cards=(*cards, approval))
    failed = follows(
        event, StepFailed, context,
        release=release.id, step=event.step, stage=event.stage, reason=event.result.reason,
    )  # fmt: skip
    return Decision(events=(failed,), jobs=jobs, cards=cards)


def _ran(model: Model, release: Release, event: StepFinished, context: Context) -> Decision:
    steps = steps_of(release.model_type)
    following = steps[steps.index(event.step) + 1]
    if following is not Step.REGISTER:
        return plan(model, release, event, context, step=following, stage=Stage.TST)
    asked = follows(event, AcceptanceAsked, context, release=release.id)
    cards = (CardRef("release", release.id), CardRef("acceptance", release.id))
    return Decision(events=(asked,), cards=cards)


def _registered(release: Release, event: StepFinished, context: Context, version: str) -> Decision:
    registered = follows(
        event, VersionRegistered, context, release=release.id, model=release.model, version=version
    )
    return Decision(events=(registered,), cards=(CardRef("release", release.id),))


def _promoted(model: Model, release: Release, event: StepFinished, context: Context) -> Decision:
    """Read the registry once more: what somebody moved while we did was not judged."""
    assert isinstance(event.result, Promoted)
    placed = follows(
        event, StagePlaced, context,
        release=release.id, stage=event.stage, model=release.model, version=event.result.version,
        previous_version=event.result.previous_version, rows=event.result.rows,
    )  # fmt: skip
    lost = left(model, event.stage, event.result.version, event, context, by=release.id)
    promotion = release.promotion_to(event.stage)
    assert promotion is not None
    cards = (CardRef("release", release.id), CardRef("approval", promotion.approval))
    return Decision(events=(placed, *lost), jobs=(observe(model, event),), cards=cards)
