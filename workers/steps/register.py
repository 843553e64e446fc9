"""The step ``register``: puts the accepted version into the registry, once."""

from core.results import Result
from workers.services import Services
from workers.task import Later, Task


async def register(task: Task, services: Services) -> Result | Later:
    release = task.release
    tags = {
        "sluss.commit": release.commit,
        "sluss.repository": release.repository,
        "sluss.data_fingerprint": release.data_fingerprint,
    }
    return await services.registry.register(release.model, release.id, release.run, tags)
