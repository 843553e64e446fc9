"""A step of a release of a real commit, run against what is outside."""

import msgspec
import pytest

from adapters.bare_repositories.host import BareRepositories
from adapters.local_files.evidence import EvidenceFolder
from adapters.local_files.variable_groups import NoServiceEndpoints, VariableSections
from core.jobs import step_job
from core.words import ReleaseId, Stage, Step
from tests.adapters.bare_repositories.bare_world import BareWorld
from tests.bot.world import LOAN, World
from tests.core.story import Story
from tests.model_repos import FILES
from tests.workers.steps.outside import Outside
from workers.services import Services
from workers.steps import STEPS
from workers.task import Task


class StepBench:
    """``told`` sets the state, and ``look`` runs the step that it asks for once."""

    def __init__(self, world: World, outside: Outside, services: Services, commit: str) -> None:
        self.world, self.outside, self.services = world, outside, services
        self._commit = commit
        self.step = Step.CHECK
        self.stage = Stage.TST

    def know(self, directory) -> None:
        """Give the step a directory that a test can change."""
        self.directory = directory
        self.services = msgspec.structs.replace(self.services, directory=directory)

    async def told(self, story: Story) -> None:
        model = await self.world.told(story, {1: self._commit})
        run = model.newest().current_step()
        self.step, self.stage = run.step, run.stage

    async def look(self):
        model = await self.world.handle.model(LOAN)
        run = model.newest().current_step()
        job = step_job(LOAN, ReleaseId("loan-1"), self.step, run.attempt, self.stage)
        task = Task(job=job, model=model, release=model.newest())
        return await STEPS[self.step](task, self.services)


@pytest.fixture
async def step_bench(tmp_path):
    (tmp_path / "git").mkdir()
    git, world, outside = BareWorld(tmp_path / "git"), World(tmp_path), Outside()
    commit = git.commit({path: text.encode() for path, text in FILES.items()})
    absent: dict = dict.fromkeys(("steps", "reviews", "directory", "gate", "clones", "runtimes"))
    services = Services(
        handle=world.handle, effects=world.store, ml_platform=outside, registry=outside,
        tracking=outside, git=BareRepositories({"r1": git.folder}.get),
        service_endpoints=NoServiceEndpoints(), variable_groups=VariableSections(), clock=world.clock,
        evidence=EvidenceFolder(tmp_path / "evidence"), policy=world.policy, **absent,
    )  # fmt: skip
    yield StepBench(world, outside, services, commit)
    await world.store.close()
