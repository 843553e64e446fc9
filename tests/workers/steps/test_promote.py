"""The step ``promote``: what was approved is read before the run and after it, never between."""

from types import SimpleNamespace

import msgspec
import pytest

from adapters.bare_repositories.host import BareRepositories
from adapters.local_files.evidence import EvidenceFolder
from adapters.local_files.variable_groups import VariableSections
from core.contributors import Contributor, Contributors, Part
from core.errors import ApprovalVoidError, UnavailableError
from core.jobs import step_job
from core.people import Person
from core.ports import RunLook, RunOutcome, RunState
from core.results import Promoted, Registered
from core.words import PersonId, ReleaseId, RunId, Stage, Step
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
        self.breaks = self.breaks_after = False
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
        return {stage: version for version, stage in self.placed}

    async def metrics(self, _run) -> dict[str, float]:
        return {"auc": 0.7}

    async def place(self, _model, version, stage, _release) -> str:
        if self.breaks:
            raise UnavailableError
        self.placed.append((version, stage))
        if self.breaks_after:
            raise UnavailableError
        return ""


class Known:
    """The directory, from which people may go; it says what is so now."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {EVE.id: EVE}

    async def person(self, object_id: str) -> Person | None:
        return self.people.get(object_id)

    def change(self, **of) -> None:
        self.people[EVE.id] = msgspec.structs.replace(EVE, **of)


@pytest.fixture
async def bench(tmp_path):
    """The promotion of the approved version 1 to QA; ``look`` runs the step once."""
    (tmp_path / "git").mkdir()
    git, world, outside = BareWorld(tmp_path / "git"), World(tmp_path), Outside()
    commit = git.commit({path: text.encode() for path, text in FILES.items()})
    story = Story().push(1).to_registered().request(Stage.QA).approve(EVE)
    model = await world.told(story, {1: commit})
    absent: dict = dict.fromkeys(("steps", "reviews", "gate", "clones", "runtimes"))
    directory = Known()
    services = Services(
        handle=world.handle, effects=world.store, ml_platform=outside, registry=outside, tracking=outside,
        git=BareRepositories({"r1": git.folder}.get), variable_groups=VariableSections(), clock=world.clock,
        evidence=EvidenceFolder(tmp_path / "evidence"), policy=world.policy, page_url="",
        directory=directory, **absent,
    )  # fmt: skip
    job = step_job(LOAN, ReleaseId("loan-1"), Step.PROMOTE, 1, Stage.QA)
    task = Task(job=job, model=model, release=model.newest())

    async def look():
        return await promote(task, services)

    yield SimpleNamespace(look=look, outside=outside, directory=directory, world=world)
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


async def running(bench):
    """The run on the stage has begun, and has come to its end: only the move is left."""
    await bench.look()
    bench.outside.end = ENDED


async def left_the_group(bench):
    bench.directory.change(groups=frozenset({"credit"}))


async def left_the_bank(bench):
    bench.directory.people.clear()


async def was_disabled(bench):
    bench.directory.change(is_active=False)


async def turned_out_to_have_written_it(bench):
    hand = Contributor(name="x", part=Part.AUTHOR, commit="5" * 40, person=PersonId("eve"))
    bench.world.contributors = Contributors(found=(hand,))


async def turned_out_to_be_linked_to_the_author(bench):
    hand = Contributor(name="x", part=Part.AUTHOR, commit="5" * 40, person=PersonId("e1"))
    bench.world.contributors = Contributors(found=(hand,))
    bench.directory.change(same_as=(PersonId("e1"),))


async def somebody_nobody_knows_had_a_hand_in_it(bench):
    hand = Contributor(name="who@elsewhere.example", part=Part.COMMITTER, commit="5" * 40)
    bench.world.contributors = Contributors(found=(hand,))


CHANGES = {
    left_the_group: "in no group",
    left_the_bank: "not in the directory any more",
    was_disabled: "",
    turned_out_to_have_written_it: "you wrote commit 5555555555",
    turned_out_to_be_linked_to_the_author: "you wrote commit 5555555555",
    somebody_nobody_knows_had_a_hand_in_it: "Nobody knows who who@elsewhere.example is",
}


@pytest.mark.parametrize(
    ("change", "why"), CHANGES.items(), ids=lambda of: getattr(of, "__name__", "")
)
async def test_what_holds_no_longer_when_the_stage_would_move_voids_the_approval(
    bench, change, why
):
    await running(bench)
    await change(bench)
    with pytest.raises(ApprovalVoidError, match=f"{why}.*QA was left as it is"):
        await bench.look()
    assert bench.outside.placed == []


async def test_it_is_looked_at_before_anything_is_run_on_the_stage(bench):
    await left_the_group(bench)
    with pytest.raises(ApprovalVoidError, match="in no group"):
        await bench.look()
    assert bench.outside.reads == 0


async def test_an_approver_who_leaves_while_we_are_down_moves_no_stage(bench):
    """A kill before the move: the step begins again, and looks again."""
    await running(bench)
    bench.outside.breaks = True
    with pytest.raises(UnavailableError):
        await bench.look()
    bench.outside.breaks = False
    await left_the_group(bench)
    with pytest.raises(ApprovalVoidError, match="in no group"):
        await bench.look()
    assert bench.outside.placed == []


async def test_a_kill_after_the_move_is_no_reason_to_doubt_it(bench):
    """The stage has moved, and only the result was not told: it is told now."""
    await running(bench)
    bench.outside.breaks_after = True
    with pytest.raises(UnavailableError):
        await bench.look()
    bench.outside.breaks_after = False
    await left_the_group(bench)
    assert isinstance(await bench.look(), Promoted)
