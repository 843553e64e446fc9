"""``check``: run the gate on the commit, and note what the repository says about itself."""

from core.results import Result
from workers.services import Services
from workers.steps.step import Later, Task


async def check(task: Task, services: Services) -> Result | Later:
    raise NotImplementedError
