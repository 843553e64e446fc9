"""``score``: call the model's score() on TST with what train left in the run."""

from core.results import Result
from workers.run_on_platform import run_on_platform
from workers.services import Services
from workers.task import Later, Task


async def score(task: Task, services: Services) -> Result | Later:
    return await run_on_platform(task, services)
