"""An approval of Azure Pipelines is read from the API alone, and decided there once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.azure_devops.approvals import LONGEST_COMMENT, comment_of
from adapters.azure_devops.errors import NotThereError, RightMissingError
from core.checkpoint import CheckpointKind, CheckpointState, checkpoint_id
from core.errors import UnavailableError
from core.people import Person
from core.words import PersonId
from tests.adapters.azure_devops.approvals_world import ApprovalsWorld, decision
from tests.adapters.checkpoints_contract import CheckpointsContract
from tests.core.story import EVE
from tests.peers.azure_devops import AzureDevOpsPeer, Right, faults
from tests.peers.azure_devops.called_checks import RestCheck
from tests.peers.azure_devops.environments import Environment
from tests.peers.azure_devops.world import SLUSS

SAID = "Approved by Eve (object id eve) in Sluss: looked at it"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ApprovalsWorld]:
    async with AzureDevOpsPeer(tmp_path) as devops:
        made = ApprovalsWorld(devops)
        yield made
        await made.close()


class TestApprovals(CheckpointsContract):
    """They keep the contract of the port."""


async def test_it_is_read_with_its_run_and_with_the_environment_that_it_is_for(world):
    approval = world.waits()
    seen = await world.look(approval)
    run = seen.run
    assert (seen.id, seen.kind) == (world.name(approval), CheckpointKind.APPROVAL)
    assert (seen.state, seen.our_answer, seen.closed_by) == ("pending", None, "")
    assert (run.project, run.project_name) == (world.lending.id, "lending")
    assert (run.environment, run.stage) == ("production", "Deploy it")
    assert (run.pipeline, run.pipeline_name) == (world.pipeline.number, "deploy churn")
    assert (run.run, run.run_name) == (approval.run.number, approval.run.name)
    assert (run.repository, run.repository_name) == (world.churn.id, "churn")
    assert (run.branch, run.commit) == ("main", world.churn.head("main"))
    assert (run.started_by, run.started_by_name) == (("anna.berg@bank.example",), "Anna Berg")
    assert run.link == f"{world.devops.address}/{run.project}/_build/results?buildId={run.run}"
    assert (seen.until - seen.since).total_seconds() == 43200 * 60


async def test_its_environment_is_told_by_the_checkpoint_and_not_by_its_name_elsewhere(world):
    lax = Environment(world.lending, "test", (SLUSS,))
    strict = await world.look(world.waits())
    assert (await world.look(world.waits(lax))).run.environment == "test"
    assert strict.run.environment == "production"


async def test_a_check_beside_it_is_not_taken_for_it(world):
    world.production.checks.append(RestCheck("sluss", "http://127.0.0.1:9/", timeout_minutes=7))
    seen = await world.look(world.waits())
    assert (seen.until - seen.since).total_seconds() == 43200 * 60


async def test_an_environment_that_we_may_not_read_is_none_and_the_rest_is_there(world):
    world.devops.access.deny(SLUSS, Right.ENVIRONMENTS_READ)
    seen = await world.look(world.waits())
    assert (seen.run.environment, seen.until) == ("", None)
    assert seen.run.commit == world.churn.head("main")


@pytest.mark.parametrize("name", ["prod\u200buction", "production\u202e", "x" * 300])
async def test_a_name_that_does_not_show_as_it_is_names_no_environment(world, name):
    approval = world.waits(Environment(world.lending, name, (SLUSS,)))
    assert (await world.look(approval)).run.environment == ""


async def test_hostile_names_are_one_line_of_what_can_be_seen(world):
    world.pipeline.name = "deploy\n\u202e<b>[x](http://evil)</b>" + "y" * 900
    name = (await world.look(world.waits())).run.pipeline_name
    assert name.startswith("deploy <b>[x](http://evil)</b>yyy")
    assert len(name) == 256


async def test_of_a_push_of_a_service_only_the_service_is_told_as_who_started_it(world):
    seen = await world.look(world.waits(by=world.pipeline.agent))
    assert seen.run.started_by == (world.pipeline.agent.unique_name,)


@pytest.mark.parametrize("where", ["another project", "nowhere"])
async def test_what_is_not_in_that_project_is_not_there(world, where):
    approval = world.waits()
    project = world.devops.project("payments").id
    wanted = approval.id if where == "another project" else EVE.id
    name = checkpoint_id(CheckpointKind.APPROVAL, project, wanted)
    with pytest.raises(NotThereError):
        await world.approvals.look(name)


async def test_a_hint_in_another_spelling_comes_to_the_same_name(world):
    approval = world.waits()
    name = checkpoint_id(CheckpointKind.APPROVAL, "lending", approval.id.upper())
    assert (await world.approvals.look(name)).id == world.name(approval)


@pytest.mark.parametrize("approved", [True, False])
async def test_a_decision_is_written_once_with_who_decided_it_here(world, approved):
    approval = world.waits()
    shown = await world.look(approval)
    seen = await world.approvals.answer(shown, decision(approved=approved))
    assert (seen.our_answer, seen.state) == (approved, approval.status)
    step = approval.steps[0]
    assert (step.actual, step.comment.partition(" ")[2]) == (SLUSS, SAID.partition(" ")[2])


async def test_where_others_are_asked_as_well_it_goes_on_waiting(world):
    both = Environment(world.lending, "both", (SLUSS, world.stig))
    shown = await world.look(world.waits(both))
    seen = await world.approvals.answer(shown, decision())
    assert (seen.our_answer, seen.state) == (True, CheckpointState.PENDING)
    await world.approvals.answer(shown, decision())
    assert world.patches() == 1


async def test_what_was_decided_elsewhere_meanwhile_is_not_written_over(world):
    approval = world.waits()
    shown = await world.look(approval)
    approval.decide("rejected", by=world.stig, comment="not on a Friday")
    seen = await world.approvals.answer(shown, decision())
    assert (seen.state, seen.closed_by) == (CheckpointState.REJECTED, "Stig Dahl")
    assert (seen.comment, seen.our_answer, world.patches()) == ("not on a Friday", None, 0)


async def test_who_is_a_moment_earlier_than_our_write_has_decided(world):
    approval = world.waits()
    shown = await world.look(approval)

    async def first(request, handle):
        approval.decide("approved", by=world.stig)
        return await handle(request)

    world.devops.faults.on("PATCH", "/pipelines/approvals", first)
    seen = await world.approvals.answer(shown, decision())
    assert (seen.closed_by, seen.our_answer, world.patches()) == ("Stig Dahl", None, 1)


@pytest.mark.parametrize(
    ("end", "state"),
    [("time_out", CheckpointState.TIMED_OUT), ("skip", CheckpointState.BYPASSED)],
)
async def test_what_ended_otherwise_is_told_as_that(world, end, state):
    approval = world.waits()
    approval.skip(by=world.stig) if end == "skip" else approval.time_out()
    assert (await world.look(approval)).state == state


async def test_a_write_of_which_half_the_answer_came_is_found_by_reading(world):
    approval = world.waits()
    shown = await world.look(approval)
    world.devops.faults.on("PATCH", "/pipelines/approvals", faults.half())
    with pytest.raises(UnavailableError):
        await world.approvals.answer(shown, decision())
    seen = await world.approvals.answer(shown, decision())
    assert (seen.our_answer, world.patches()) == (True, 1)


async def test_without_being_an_approver_the_right_is_named_and_nothing_is_written(world):
    others = Environment(world.lending, "others", (world.stig,))
    shown = await world.look(world.waits(others))
    with pytest.raises(RightMissingError, match=r"Administrator of the environment, or one of its"):
        await world.approvals.answer(shown, decision())
    assert others.approvals[0].status == "pending"


@pytest.mark.parametrize(
    "fault",
    [
        faults.too_many(), faults.sign_in_page(), faults.error(409, "at once", "Conflict"),
        faults.error(503, "down", "Unavailable"),
    ],
)  # fmt: skip
async def test_what_passes_by_itself_waits_and_is_written_at_the_next_try(world, fault):
    shown = await world.look(world.waits())
    world.devops.faults.on("PATCH", "/pipelines/approvals", fault)
    with pytest.raises(UnavailableError):
        await world.approvals.answer(shown, decision())
    assert (await world.approvals.answer(shown, decision())).our_answer is True


async def test_those_that_wait_are_listed_by_one_call_for_a_project(world):
    waiting = [world.waits(), world.waits()]
    world.waits().decide("approved", by=world.stig)
    mark = world.devops.calls.mark()
    found = await world.approvals.waiting([world.lending.id])
    assert set(found) == {world.name(each) for each in waiting}
    assert len(world.devops.calls.since(mark)) == 1


def test_a_comment_says_who_and_why_in_one_line_that_is_not_too_long():
    assert comment_of(decision()) == SAID
    assert comment_of(decision(comment=" ")) == "Approved by Eve (object id eve) in Sluss."
    hostile = Person(id=PersonId("m"), name="Mal\nlory\u202e")
    said = comment_of(decision(by=hostile, approved=False, comment="x\n" * 2000))
    assert said.startswith("Rejected by Mal lory (object id m) in Sluss: x x x")
    assert len(said) == LONGEST_COMMENT
