"""``evaluate``: call the model's evaluate() on TST; its metrics are the release's."""

from core.results import Result
from workers.run_on_platform import run_on_platform
from workers.services import Services
from workers.task import Later, Task


async def evaluate(task: Task, services: Services) -> Result | Later:
    return await run_on_platform(task, services)
