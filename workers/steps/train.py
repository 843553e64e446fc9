"""``train``: call the model's train() on TST and log the model it returns."""

from core.results import Result
from workers.run_on_platform import run_on_platform
from workers.services import Services
from workers.task import Later, Task


async def train(task: Task, services: Services) -> Result | Later:
    return await run_on_platform(task, services)
