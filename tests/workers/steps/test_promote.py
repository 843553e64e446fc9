"""The step ``promote``: what was approved is read before the run and after it, never between."""

from types import SimpleNamespace

import pytest

from adapters.bare_repositories.host import BareRepositories
from adapters.local_files.evidence import EvidenceFolder
from adapters.local_files.variable_groups import VariableSections
from core.errors import ApprovalVoidError
from core.jobs import step_job
from core.ports import RunLook, RunOutcome, RunState
from core.results import Promoted, Registered
from core.words import ReleaseId, RunId, Stage, Step
from tests.adapters.bare_repositories.bare_world import BareWorld
from tests.bot.world import LOAN, World
from tests.core.story import EVE, Story
from tests.model_repos import FILES
from workers.services import Services
from workers.steps.promote import promote
from workers.task import Later, Task

ENDED = RunLook(state=RunState.SUCCEEDED, outcome=RunOutcome(rows=5, artifact_digest="a1"))


class Outside:
    """Platform, registry and tracking: a run goes on until its end is set, and reads are counted."""

    def __init__(self) -> None:
        self.end: RunLook | None = None
        self.artifact_digest = "a1"
        self.reads = 0
        self.placed: list[tuple[str, Stage]] = []

    async def start(self, _spec) -> RunId:
        return RunId("outside/1")

    async def look(self, _run) -> RunLook:
        return self.end or RunLook(state=RunState.RUNNING)

    async def log(self, _run, _offset) -> bytes:
        return b""

    async def read(self, _model, version) -> Registered:
        self.reads += 1
        return Registered(version=version, artifact_digest=self.artifact_digest)

    async def holders(self, _model) -> dict[Stage, str]:
        return {}

    async def metrics(self, _run) -> dict[str, float]:
        return {"auc": 0.7}

    async def place(self, _model, version, stage, _release) -> str:
        self.placed.append((version, stage))
        return ""


@pytest.fixture
async def bench(tmp_path):
    """The promotion of the approved version 1 to QA; ``look`` runs the step once."""
    (tmp_path / "git").mkdir()
    git, world, outside = BareWorld(tmp_path / "git"), World(tmp_path), Outside()
    commit = git.commit({path: text.encode() for path, text in FILES.items()})
    story = Story().push(1).to_registered().request(Stage.QA).approve(EVE)
    model = await world.told(story, {1: commit})
    absent: dict = dict.fromkeys(("steps", "reviews", "directory", "gate", "clones", "runtimes"))
    services = Services(
        handle=world.handle, effects=world.store, ml_platform=outside, registry=outside, tracking=outside,
        git=BareRepositories({"r1": git.folder}.get), variable_groups=VariableSections(), clock=world.clock,
        evidence=EvidenceFolder(tmp_path / "evidence"), policy=world.policy, page_url="", **absent,
    )  # fmt: skip
    job = step_job(LOAN, ReleaseId("loan-1"), Step.PROMOTE, 1, Stage.QA)
    task = Task(job=job, model=model, release=model.newest())

    async def look():
        return await promote(task, services)

    yield SimpleNamespace(look=look, outside=outside)
    await world.store.close()


async def test_it_is_read_once_before_the_run_and_once_after_it(bench):
    for _ in range(5):
        assert isinstance(await bench.look(), Later)
    assert bench.outside.reads == 1

    bench.outside.end = ENDED
    assert isinstance(await bench.look(), Promoted)
    assert bench.outside.reads == 2
    assert bench.outside.placed == [("1", Stage.QA)]


async def test_what_changes_before_the_run_starts_none(bench):
    bench.outside.artifact_digest = "another"

    with pytest.raises(ApprovalVoidError, match="the registered artifact has changed"):
        await bench.look()


async def test_what_changes_while_it_runs_is_placed_nowhere(bench):
    await bench.look()
    bench.outside.artifact_digest, bench.outside.end = "another", ENDED

    with pytest.raises(ApprovalVoidError, match="the registered artifact has changed"):
        await bench.look()
    assert bench.outside.placed == []
