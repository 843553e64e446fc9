"""The step ``promote``: what was approved is read before the run and after it, never between."""

import msgspec
import pytest

from core.artifact import Artifact
from core.contributors import Contributor, Contributors, Part
from core.errors import ApprovalVoidError, GoneError, UnavailableError, UnknownNameError
from core.events.people import PromotionGivenUp
from core.events.workers import JobDeadLettered
from core.origin import EventOrigin
from core.people import Person
from core.ports import RunLook, RunState
from core.results import Promoted
from core.words import PersonId, Stage
from tests.core.story import ADA, EVE, Story
from tests.workers.steps.outside import ENDED, SOURCES, carrying
from workers.task import Later

BROKEN = RunLook(state=RunState.FAILED, reason="score() raised ValueError")
NO_VERSION = UnknownNameError("model version", "loan_default 1")


class Known:
    """The directory, from which people may go; it says what is so now."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {EVE.id: EVE}

    async def person(self, object_id: str) -> Person | None:
        return self.people.get(object_id)

    def change(self, **of) -> None:
        self.people[EVE.id] = msgspec.structs.replace(EVE, **of)


@pytest.fixture
async def bench(step_bench):
    """The promotion of the approved version 1 to QA; ``look`` runs the step once."""
    step_bench.know(Known())
    await step_bench.told(Story().push(1).to_registered().request(Stage.QA).approve(EVE))
    return step_bench


async def test_it_is_read_once_before_the_run_and_once_after_it(bench):
    for _ in range(5):
        assert isinstance(await bench.look(), Later)
    assert bench.outside.reads == 1

    bench.outside.end = ENDED
    assert isinstance(await bench.look(), Promoted)
    assert bench.outside.reads == 2
    assert bench.outside.placed == [("1", Stage.QA)]


OTHER_SOURCE = {**SOURCES, "src/score.py": b"raise SystemExit"}
SPOILT: dict[str, tuple[str, object, str]] = {
    "another artifact": ("artifact", carrying(digest="another"), "the registered artifact has"),
    "a version that was deleted": ("artifact", NO_VERSION, "There is no model version called"),
    "files that are gone": ("artifact", GoneError("Version 1 has no files."), "has no files"),
    "a run that was deleted": ("is_run_there", False, "There is no run called 'run1'"),
    "other code": ("artifact", carrying(OTHER_SOURCE), "src/score.py is another than in"),
    "no code": ("artifact", Artifact(digest="a1"), "carries none of the code"),
    "a stage that was moved": (
        "held", {Stage.QA: "7"}, "it held no version and holds version 7 now",
    ),
}  # fmt: skip


@pytest.mark.parametrize("spoilt", SPOILT)
async def test_what_is_spoilt_before_the_run_starts_none(bench, spoilt):
    what, to, words = SPOILT[spoilt]
    setattr(bench.outside, what, to)

    with pytest.raises(ApprovalVoidError, match=words):
        await bench.look()


@pytest.mark.parametrize("end", [ENDED, BROKEN], ids=["it ended well", "it failed"])
@pytest.mark.parametrize("spoilt", SPOILT)
async def test_what_is_spoilt_while_it_runs_is_placed_nowhere(bench, spoilt, end):
    await bench.look()
    what, to, words = SPOILT[spoilt]
    setattr(bench.outside, what, to)
    bench.outside.end = end

    with pytest.raises(ApprovalVoidError, match=words) as told:
        await bench.look()
    assert "QA was left as it is" in str(told.value)
    assert bench.outside.placed == []


async def test_a_run_that_failed_is_told_with_its_own_reason(bench):
    bench.outside.end = BROKEN

    assert (await bench.look()).reason == "score() raised ValueError"


async def test_a_stage_that_loaded_something_else_is_left_as_it_is(bench):
    bench.outside.end = msgspec.structs.replace(
        ENDED, outcome=msgspec.structs.replace(ENDED.outcome, artifact_digest="another")
    )

    with pytest.raises(ApprovalVoidError, match="the artifact that the stage loaded"):
        await bench.look()


async def test_what_was_given_up_meanwhile_is_not_placed(bench):
    """Its dead letter is sent again after somebody gave it up, and a look is under way."""
    await bench.look()
    now = bench.world.clock()
    dead = JobDeadLettered(
        id="dead", time=now, release="loan-1", job="step/loan-1/promote/QA/1", reason="a bug"
    )
    await bench.world.handle(dead, EventOrigin.WORKER)
    free = PromotionGivenUp(id="free", time=now, release="loan-1", stage=Stage.QA, by=ADA)
    await bench.world.handle(free, EventOrigin.BOT)
    bench.outside.end = ENDED

    with pytest.raises(ApprovalVoidError, match="has ended meanwhile"):
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
