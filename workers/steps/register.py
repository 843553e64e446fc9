"""The step ``register``: puts the accepted version into the registry, once.

What is registered is what was measured, and its code is the commit's: both are read again here, as
neither the run nor the tracking server is taken at its word.
"""

from typing import Final

from core.artifact import Artifact
from core.release.release import Release
from core.results import Failed, Registered, Result
from core.words import Step, TrackedState
from workers.code_of_commit import difference
from workers.measured import logging_step, swapped
from workers.services import Services
from workers.task import Later, Task

OTHER_CODE: Final = (
    "The code inside the logged model is not that of commit {commit}: {found}. Nothing was "
    "registered. Find out who changed it; Retry starts again from {first}, which logs it anew."
)
OTHER_VERSION: Final = (
    "Version {version} of {model} has this release's tag and is not what was evaluated. It was "
    "left as it is and holds nothing. Find out who made it, delete it in the registry, then Retry."
)


async def register(task: Task, services: Services) -> Result | Later:
    release = task.release
    logged = await services.tracking.logged(release.run)
    evaluated = release.ran[Step.EVALUATE].artifact_digest
    problem = swapped(release, Step.REGISTER, logged.digest, evaluated)
    problem = problem or await _other_code(release, services, logged)
    if problem is not None:
        return problem
    tags = {
        "sluss.commit": release.commit,
        "sluss.repository": release.repository,
        "sluss.data_fingerprint": release.data_fingerprint,
    }
    found = await services.registry.register(release.model, release.id, release.run, tags)
    if task.is_retry:  # the failure before it is shown as the run's
        await services.tracking.mark(release.run, TrackedState.FINISHED)
    return _checked(release, found, logged)


async def _other_code(release: Release, services: Services, logged: Artifact) -> Failed | None:
    found = await difference(release, services, logged)
    if not found:
        return None
    first = logging_step(release)
    words = OTHER_CODE.format(commit=release.commit[:8], found=found, first=first)
    return Failed(reason=words, retry_from=first)


def _checked(release: Release, found: Registered, logged: Artifact) -> Result:
    """A version that was there already may be somebody else's work."""
    if found.artifact_digest == logged.digest:
        return found
    return Failed(reason=OTHER_VERSION.format(version=found.version, model=release.model))
