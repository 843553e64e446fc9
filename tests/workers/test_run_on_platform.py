"""What a run on the platform is told: its own stage's variables, and what it is a run of."""

from types import SimpleNamespace

import pytest

from adapters.bare_repositories.host import BareRepositories
from adapters.local_files.variable_groups import NoServiceEndpoints, VariableSections
from core.errors import StepFailedError, UnknownNameError
from core.jobs import step_job
from core.ports import RunLook, RunSpec, RunState
from core.words import ReleaseId, RunId, Stage, Step
from tests.adapters.bare_repositories.bare_world import BareWorld
from tests.bot.world import LOAN, World
from tests.core.story import CHECKED, Story
from tests.model_repos import FILES
from workers.run_on_platform import run_to_end
from workers.services import Services
from workers.task import Later, Task

SECTIONS = {
    "common": {"OAUTH2_SECRETS_NAME": "kv-oauth"},
    "TST": {"WORKSPACE_URL_TST": "https://tst.example", "NOTEBOOK_PATH": "/Shared/tst"},
    "QA": {"WORKSPACE_URL_QA": "https://qa.example", "NOTEBOOK_PATH": "/Shared/qa"},
    "PROD": {"WORKSPACE_URL_PROD": "https://prod.example", "NOTEBOOK_PATH": "/Shared/prod"},
}


class Orders:
    """A platform that keeps what it was told to start, and has runs that go on for ever."""

    def __init__(self) -> None:
        self.specs: list[RunSpec] = []

    async def start(self, spec: RunSpec) -> RunId:
        self.specs.append(spec)
        return RunId(f"orders/{len(self.specs)}")

    async def look(self, run: RunId) -> RunLook:
        if not run.startswith("orders/"):
            raise UnknownNameError("run", run)
        return RunLook(state=RunState.RUNNING, note="calling the model's code")


@pytest.fixture
async def bench(tmp_path):
    """A pushed and checked release; ``run`` looks once at a step of it on a stage."""
    (tmp_path / "git").mkdir()
    git, world, orders = BareWorld(tmp_path / "git"), World(tmp_path), Orders()
    commit = git.commit({path: text.encode() for path, text in FILES.items()})
    model = await world.told(Story().push(1).finish(Step.CHECK, CHECKED), {1: commit})
    absent: dict = dict.fromkeys(
        (
            "steps",
            "evidence",
            "reviews",
            "tracking",
            "registry",
            "directory",
            "gate",
            "clones",
            "runtimes",
        )
    )
    services = Services(
        handle=world.handle, effects=world.store, ml_platform=orders, clock=world.clock,
        git=BareRepositories({"r1": git.folder}.get), service_endpoints=NoServiceEndpoints(), variable_groups=VariableSections(SECTIONS),
        policy=world.policy, **absent,
    )  # fmt: skip

    async def run(step: Step, stage: Stage):
        job = step_job(LOAN, ReleaseId("loan-1"), step, 1, stage)
        task = Task(job=job, model=model, release=model.newest())
        return await run_to_end(task, services, "a tracking run", version="7")

    yield SimpleNamespace(run=run, orders=orders, commit=commit, effects=world.store)
    await world.store.close()


@pytest.mark.parametrize(
    ("step", "stage"),
    [(Step.TRAIN, Stage.TST), (Step.PROMOTE, Stage.QA), (Step.PROMOTE, Stage.PROD)],
)
async def test_a_run_gets_the_variables_of_its_own_stage_and_of_no_other(bench, step, stage):
    await bench.run(step, stage)

    [spec] = bench.orders.specs
    assert spec.stage is stage
    assert spec.variables["NOTEBOOK_PATH"] == f"/Shared/{stage.lower()}"
    assert {name for name in spec.variables if name.startswith("WORKSPACE_URL")} == {
        f"WORKSPACE_URL_{stage}"
    }


async def test_of_a_secret_a_run_gets_the_name(bench):
    await bench.run(Step.PROMOTE, Stage.QA)

    assert bench.orders.specs[0].variables["OAUTH2_SECRETS_NAME"] == "kv-oauth"


async def test_a_run_is_told_which_commit_it_is_of(bench):
    await bench.run(Step.TRAIN, Stage.TST)

    [spec] = bench.orders.specs
    assert (spec.commit, spec.tracking_run, spec.version) == (bench.commit, "a tracking run", "7")


async def test_a_second_look_finds_the_run_under_the_id_that_says_where_it_is(bench):
    for _ in range(2):
        assert isinstance(await bench.run(Step.TRAIN, Stage.TST), Later)

    assert len(bench.orders.specs) == 1
    assert await bench.effects.find_effect("run/loan-1/train/TST/1") == "orders/1"


async def test_a_run_that_another_platform_has_fails_its_step_and_says_what_to_do(bench):
    await bench.effects.effect("run/loan-1/train/TST/1", "local/0123")

    with pytest.raises(StepFailedError, match=r"'local/0123'.*Retry the step"):
        await bench.run(Step.TRAIN, Stage.TST)
    assert bench.orders.specs == []
