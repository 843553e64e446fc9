"""The steps ``train``, ``score`` and ``evaluate``: call the model's function of that name on TST.

The three share one run of the tracking server, so that each finds what the one before left.
"""

from core.release.release import Release
from core.results import Ran, Result
from workers.run_on_platform import Ended, run_to_end
from workers.services import Services
from workers.task import Later, Task


async def run(task: Task, services: Services) -> Result | Later:
    shared = await _tracking_run(task.release, services)
    ended = await run_to_end(task, services, shared)
    if not isinstance(ended, Ended):
        return ended
    return Ran(
        run=shared,
        data_fingerprint=ended.outcome.data_fingerprint,
        rows=ended.outcome.rows,
        metrics=ended.outcome.metrics,
        seconds=ended.outcome.seconds,
        log=ended.log,
        level=ended.outcome.level,
    )


async def _tracking_run(release: Release, services: Services) -> str:
    """Return the run's id; MLflow cannot make one atomically, so the first id kept counts."""
    key = f"mlflow/{release.id}"
    kept = await services.effects.find_effect(key)
    if kept is not None:
        return kept
    tags = {"sluss.commit": release.commit, "sluss.repository": release.repository}
    opened = await services.tracking.open_run(release.model, release.id, tags)
    return await services.effects.effect(key, opened)
