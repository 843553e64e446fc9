"""Where no code of a repository may run, the step ``check`` waits for the pipeline's unit tests."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.bare_repositories.host import BareRepositories
from adapters.bare_repositories.reviews import BareReviews
from adapters.clone_index.index import CloneIndexFile
from adapters.local_files.people import PeopleFile
from adapters.sandbox import probe
from core.gate.checks import Status
from core.gate.tools import Level
from core.policy import policy
from tests.adapters.bare_repositories.bare_world import BareWorld, git
from tests.bot.world import World
from tests.core.story import ADA, Story
from tests.model_repos import FILES
from tests.workers.steps.conftest import StepBench
from workers.gate.gate import Gate
from workers.gate.tools import GateTools
from workers.services import Services
from workers.task import Later

JUNIT = (
    b"<testsuite name='pytest' tests='1'><testcase classname='tests.test_model' name='test_it'/>"
    b"</testsuite>"
)
OTHERS = ("libraries", "lint", "bandit", "secrets")


class Bench(StepBench):
    """The step ``check`` in a worker that shuts nothing in; a test of the commit marks that it ran."""

    def __init__(self, world: World, services: Services, folder: Path, commit: str, marker: Path):
        super().__init__(world, None, services, commit)
        self._folder = folder
        self._commit = commit
        self._marker = marker

    @property
    def has_run_code(self) -> bool:
        return self._marker.exists()

    def pipeline_publishes(self, report: bytes) -> None:
        git(self._folder, "notes", "--ref=junit", "add", "-F", "-", self._commit, stdin=report)

    def later(self, seconds: float) -> None:
        late = self.world.clock() + timedelta(seconds=seconds)
        self.services = msgspec.structs.replace(self.services, clock=lambda: late)


@pytest.fixture
async def bench(tmp_path, step_bench):
    (tmp_path / "mine").mkdir()
    repository, marker = BareWorld(tmp_path / "mine"), tmp_path / "ran"
    harm = f"import pathlib\npathlib.Path({str(marker)!r}).touch()\ndef test_it(): pass\n"
    commit = repository.commit(
        {path: text.encode() for path, text in FILES.items()} | {"tests/test_it.py": harm.encode()}
    )
    weak = await probe(strongest=Level.LIMITS, home=tmp_path)

    async def found():
        return weak

    clones = CloneIndexFile(tmp_path / "clones.db")
    services = msgspec.structs.replace(
        step_bench.services,
        git=BareRepositories({"r1": repository.folder}.get),
        reviews=BareReviews({"r1": repository.folder}.get),
        directory=PeopleFile((ADA,)),
        runtimes={},
        clones=clones,
        gate=Gate(GateTools(sandbox=found)),
        policy=policy(
            {
                "checks": {name: {"mode": "off"} for name in OTHERS},
                "rules": {"unit_tests": {"report_wait_s": 60.0}},
            }
        ),
    )
    made = Bench(step_bench.world, services, repository.folder, commit, marker)
    await made.told(Story().push(1))
    yield made
    await clones.close()


def unit_tests(checked):
    return next(each for each in checked.checks if each.check == "unit_tests")


async def test_it_waits_and_says_for_what_and_how_long(bench):
    waits = await bench.look()
    assert isinstance(waits, Later)
    assert (
        waits.note == "waits for the unit tests of the repository's own pipeline, 1 minute at most"
    )


async def test_the_report_ends_the_waiting_and_counts(bench):
    await bench.look()
    bench.pipeline_publishes(JUNIT)
    found = unit_tests(await bench.look())
    assert found.status is Status.PASSED
    assert "beside the identity" in found.note
    assert not bench.has_run_code


async def test_after_its_time_the_finding_names_the_template(bench):
    bench.later(61)
    [finding] = unit_tests(await bench.look()).findings
    assert "template_ci_unit_tests.yml" in finding.mend
    assert not bench.has_run_code
