"""The step ``promote``: releases the approved version to a stage.

What was approved is read again and must be the same. Then the version is loaded and scores a batch
on the stage; it is read once more, and only then does the representation of the stage move. If
anything fails, the old holder stays.
"""

import msgspec

from core.authority.binding import digest
from core.errors import ApprovalVoidError
from core.release.promotion import Promotion
from core.release.release import Release
from core.results import Promoted, Registered, Result
from core.words import Stage, Step
from workers.look_again import look_again
from workers.run_on_platform import Ended, has_started, run_to_end
from workers.services import Services
from workers.task import Later, Task

replace = msgspec.structs.replace


async def promote(task: Task, services: Services) -> Result | Later:
    release, stage = task.release, Stage(task.job.stage)
    promotion, registered = release.promotion_to(stage), release.registered
    assert promotion is not None
    assert registered is not None
    if not await has_started(task, services):
        await look_again(task, services, promotion)
        await _verify(task, services, promotion, registered)
    ended = await run_to_end(task, services, release.run, version=registered.version)
    if not isinstance(ended, Ended):
        return ended
    await _verify(task, services, promotion, registered)
    if ended.outcome.artifact_digest != registered.artifact_digest:
        raise ApprovalVoidError(_changed("the artifact that the stage loaded", stage))
    previous = await _place(task, services, promotion, registered)
    return Promoted(
        version=registered.version,
        previous_version=previous,
        rows=ended.outcome.rows,
        artifact_digest=ended.outcome.artifact_digest,
        log=ended.log,
        level=ended.outcome.level,
    )


async def _place(
    task: Task, services: Services, promotion: Promotion, registered: Registered
) -> str:
    """Move the stage, unless a kill came after the move: that one was looked at before it began."""
    release, stage, key = task.release, promotion.stage, f"placing/{task.key}"
    holders = await services.registry.holders(release.model) or {}
    has_begun = await services.effects.find_effect(key) is not None
    if not (has_begun and holders.get(stage) == registered.version):
        await look_again(task, services, promotion)
        await services.effects.effect(key, registered.version)
    return await services.registry.place(release.model, registered.version, stage, release.id)


async def _verify(
    task: Task, services: Services, promotion: Promotion, registered: Registered
) -> None:
    """Read the commit, version, artifact and metrics again, and recompute the digest."""
    release, stage = task.release, promotion.stage
    await services.git.files(release.repository, release.commit)
    found = await services.registry.read(release.model, registered.version)
    if found.artifact_digest != registered.artifact_digest:
        raise ApprovalVoidError(_changed("the registered artifact", stage))
    metrics = await services.tracking.metrics(release.run)
    if digest(_with(release, found, metrics), policy=services.policy.digest) != promotion.digest:
        raise ApprovalVoidError(_changed("a metric, a check or the policy", stage))
    holders = await services.registry.holders(release.model) or {}
    if holders.get(stage, "") not in {promotion.fall_back, registered.version}:
        raise ApprovalVoidError(_changed(f"the version that holds {stage}", stage))


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
