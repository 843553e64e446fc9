"""The steps ``train``, ``score`` and ``evaluate``: call the model's function of that name on TST.

The three share one run of the tracking server, so that each finds what the one before left. A retry
goes on in the same run, which is shown as running again, and as finished when the step is done.
"""

import msgspec

from core.ports import RunOutcome
from core.release.release import Release
from core.results import Failed, Ran, Result
from core.words import Step, TrackedState
from workers.measured import logging_step, swapped
from workers.run_on_platform import Ended, has_started, run_to_end
from workers.services import Services
from workers.task import Later, Task, tracking_key


async def run(task: Task, services: Services) -> Result | Later:
    shared = await _tracking_run(task.release, services)
    if task.is_retry and not await has_started(task, services):
        await services.tracking.mark(shared, TrackedState.RUNNING)
    ended = await run_to_end(task, services, shared)
    if not isinstance(ended, Ended):
        return ended
    logged, problem = await _logged(task, services, shared, ended.outcome)
    if problem is not None:
        return msgspec.structs.replace(problem, log=ended.log)
    if task.is_retry:
        await services.tracking.mark(shared, TrackedState.FINISHED)
    return Ran(
        run=shared,
        artifact_digest=logged,
        data_fingerprint=ended.outcome.data_fingerprint,
        rows=ended.outcome.rows,
        metrics=ended.outcome.metrics,
        seconds=ended.outcome.seconds,
        log=ended.log,
        level=ended.outcome.level,
    )


async def _logged(
    task: Task, services: Services, shared: str, outcome: RunOutcome
) -> tuple[str, Failed | None]:
    """The digest of the model in question, and what is wrong with it.

    Who logs is asked the tracking server for it, and so is what was measured: the registry takes it
    from there. What a run tells of itself counts as well.
    """
    release, step = task.release, task.job.step
    if step is logging_step(release):
        return (await services.tracking.logged(shared)).digest, None
    found = outcome.artifact_digest
    if step is Step.EVALUATE:
        found = (await services.tracking.logged(shared)).digest
    return found, swapped(release, step, found, outcome.artifact_digest)


async def _tracking_run(release: Release, services: Services) -> str:
    """Return the run's id; MLflow cannot make one atomically, so the first id kept counts."""
    key = tracking_key(release.id)
    kept = await services.effects.find_effect(key)
    if kept is not None:
        return kept
    tags = {"sluss.commit": release.commit, "sluss.repository": release.repository}
    opened = await services.tracking.open_run(release.model, release.id, tags)
    return await services.effects.effect(key, opened)
