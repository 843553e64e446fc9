"""The step ``promote``: releases the approved version to a stage.

What was approved is read again and must be the same. Then the version is loaded and scores a batch
on the stage; it is read once more, and only then does the representation of the stage move. If
anything fails, the old holder stays.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from core.artifact import Artifact
from core.authority.acts import ApproveStage
from core.authority.binding import changed
from core.authority.evaluate import still_may
from core.errors import ApprovalVoidError, CommitGoneError, GoneError, UnknownNameError
from core.people import Person
from core.release.promotion import Promotion
from core.release.release import Release
from core.results import Failed, Promoted, Registered, Result
from core.words import Stage, Step, stream_of
from workers.code_of_commit import difference
from workers.run_on_platform import has_started, run_to_end
from workers.services import Services
from workers.task import Later, Task

replace = msgspec.structs.replace

NO_LONGER = (
    "{name} approved this and would now be told: {reason} The approval is void and {stage} was "
    "left as it is; request the stage again."
)
GONE = (
    "{name}, who approved this, is not in the directory any more. The approval is void and {stage} "
    "was left as it is; request the stage again."
)
WITHDRAWN = (
    "The approval for {stage} does not stand any more: {why} The stage was left as it is; request "
    "it again."
)

DELETED: Final = (
    "{what} It was there when {stage} was approved, so somebody has deleted it. The approval is "
    "void and {stage} was left as it is. Bring it back and ask for {stage} anew, or push anew."
)
ENDED: Final = "The approval for {stage} has ended meanwhile. {stage} was left as it is."
MOVED: Final = (
    "{stage} was moved since it was asked for: it held {before} and holds {now} now. The approval "
    "is void and {stage} was left as it is; find out who moved it, then ask for {stage} anew."
)


async def promote(task: Task, services: Services) -> Result | Later:
    release, stage = task.release, Stage(task.job.stage)
    promotion, registered = release.promotion_to(stage), release.registered
    assert promotion is not None
    assert registered is not None
    if not await has_started(task, services):
        await _look_again(task, services, promotion)
        await _verify(task, services)
    ended = await run_to_end(task, services, release.run, version=registered.version)
    if isinstance(ended, Later):
        return ended
    has_moved = await _has_moved(task, services, registered)
    if not has_moved:
        await _verify(task, services)  # also after a failure: what it missed may be deleted
    if isinstance(ended, Failed):
        return ended
    if ended.outcome.artifact_digest != registered.artifact_digest:
        raise ApprovalVoidError(_changed("the artifact that the stage loaded", stage))
    if not has_moved:
        await _look_again(task, services, promotion)
        await services.effects.effect(f"placing/{task.key}", registered.version)
    with _voiding(stage):
        previous = await services.registry.place(
            release.model, registered.version, stage, release.id
        )
    return Promoted(
        version=registered.version,
        previous_version=previous,
        rows=ended.outcome.rows,
        artifact_digest=ended.outcome.artifact_digest,
        log=ended.log,
        level=ended.outcome.level,
    )


async def _has_moved(task: Task, services: Services, registered: Registered) -> bool:
    """Whether a kill came after the move: everything was looked at before that one began."""
    if await services.effects.find_effect(f"placing/{task.key}") is None:
        return False
    holders = await services.registry.holders(task.release.model) or {}
    return holders.get(Stage(task.job.stage)) == registered.version


async def _verify(task: Task, services: Services) -> None:
    """Read the state, commit, version, artifact and metrics again; all must be as it was bound."""
    stage = Stage(task.job.stage)
    model = await services.handle.model(task.job.stream)
    release = model.releases[task.release.id]
    promotion, registered = release.promotion_to(stage), release.registered
    assert registered is not None
    if promotion is None or not release.is_approved_for(stage):
        raise ApprovalVoidError(ENDED.format(stage=stage))
    with _voiding(stage):
        artifact = await services.registry.read(release.model, registered.version)
        metrics = await services.tracking.metrics(release.run)
        code = await difference(release, services, artifact)
    found = _found(registered, artifact)
    what = changed(model, _with(release, found, metrics), promotion, services.policy)
    if what:
        raise ApprovalVoidError(_changed(what, stage))
    if code:
        raise ApprovalVoidError(_changed(f"the code of the version ({code})", stage))
    await _verify_holder(services, release, promotion)


async def _verify_holder(services: Services, release: Release, promotion: Promotion) -> None:
    assert release.registered is not None
    stage, before = promotion.stage, promotion.fall_back
    holders = await services.registry.holders(release.model) or {}
    now = holders.get(stage, "")
    if now not in {before, release.registered.version}:
        said = MOVED.format(stage=stage, before=_named(before), now=_named(now))
        raise ApprovalVoidError(said)


@contextmanager
def _voiding(stage: Stage) -> Iterator[None]:
    """What was there when it was approved and is not there now was deleted by somebody."""
    try:
        yield
    except (UnknownNameError, GoneError, CommitGoneError) as error:
        raise ApprovalVoidError(DELETED.format(what=error, stage=stage)) from error


def _found(registered: Registered, artifact: Artifact) -> Registered:
    """The version as it is now; where its files lay was not always noted."""
    source = artifact.source if registered.source else ""
    return replace(registered, artifact_digest=artifact.digest, source=source)


def _named(version: str) -> str:
    return f"version {version}" if version else "no version"


def _with(release: Release, registered: Registered, metrics: dict[str, float]) -> Release:
    """Return the release with its metrics as they are now; only evaluated ones are bound."""
    evaluated = release.ran[Step.EVALUATE]
    now = {name: metrics.get(name, float("nan")) for name in evaluated.metrics}
    ran = {**release.ran, Step.EVALUATE: replace(evaluated, metrics=now)}
    return replace(release, registered=registered, ran=ran)


def _changed(what: str, stage: Stage) -> str:
    return (
        f"Since the approval, {what} has changed. The approval is void and {stage} was left as it "
        "is; find out who changed it, then request the stage again or push anew."
    )


async def _look_again(task: Task, services: Services, promotion: Promotion) -> None:
    """Raise ApprovalVoidError when the approval would not be given now, and say why.

    Contributors, groups and accounts are asked as they are at this moment.
    """
    handle, stage = services.handle, promotion.stage
    model = await handle.model(stream_of(task.release.id))
    release = model.releases[task.release.id]
    now = release.promotions[promotion.approval]
    if now.outcome != "approved":
        raise ApprovalVoidError(WITHDRAWN.format(stage=stage, why=now.comment or release.reason))
    approver = await _approver(services, now)
    context = replace(
        await handle.context_of(release.id),
        contributors=await handle.contributors(release, stage),
    )
    act = ApproveStage(release=release.id, approval=now.approval)
    ruling = still_may(approver, act, model, context)
    if not ruling.is_met:
        words = NO_LONGER.format(name=approver.name, reason=ruling.reason, stage=stage)
        raise ApprovalVoidError(words)


async def _approver(services: Services, promotion: Promotion) -> Person:
    voted = promotion.decided_by
    assert voted is not None
    known = await services.directory.person(voted.id)
    if known is None:
        raise ApprovalVoidError(GONE.format(name=voted.name, stage=promotion.stage))
    return replace(known, identity=voted.identity)
