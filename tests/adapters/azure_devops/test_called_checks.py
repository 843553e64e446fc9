"""A check that has called us is believed as far as Azure DevOps says the same, and answered once."""

import json
import logging
from datetime import timedelta
from uuid import uuid4

import pytest
from aiohttp import web

from adapters.azure_devops.called_checks import CalledChecks
from core.checkpoint import CheckpointKind, CheckpointState
from core.errors import GoneError, StepFailedError, UnavailableError
from tests.adapters.azure_devops.check_world import ANNA, NOWHERE, CheckWorld, decision
from tests.peers.azure_devops import Right
from tests.peers.azure_devops.called_checks import CheckCall, RestCheck
from tests.peers.azure_devops.environments import Environment
from tests.peers.azure_devops.faults import (
    ALWAYS,
    answer,
    dropped_after,
    dropped_before,
    error,
    half,
    sign_in_page,
    too_many,
)
from tests.peers.azure_devops.pipelines import Pipeline
from tests.peers.azure_devops.world import SLUSS

PENDING, APPROVED, REJECTED = (
    CheckpointState.PENDING,
    CheckpointState.APPROVED,
    CheckpointState.REJECTED,
)
EVENTS = r"/events$"


@pytest.fixture
async def world(organisation, tmp_path):
    made = CheckWorld(organisation, tmp_path)
    yield made
    await made.close()


@pytest.fixture
def call(world: CheckWorld) -> CheckCall:
    return world.waits()


@pytest.fixture
async def name(world: CheckWorld, call: CheckCall) -> str:
    return await world.kept(call)


def altered(world: CheckWorld, path: str, **fields) -> None:
    """Let Azure DevOps say something else at this address; what is None is not said."""

    async def effect(request, handle):
        whole = json.loads((await handle(request)).body) | fields
        return web.json_response({key: each for key, each in whole.items() if each is not None})

    world.devops.faults.on("GET", path, effect, times=ALWAYS)


async def token_of(world: CheckWorld, name: str) -> str:
    found = await world.tokens.find(name)
    return found.value if found else ""


def answers(world: CheckWorld) -> int:
    return len(world.devops.calls.to("POST", EVENTS))


async def not_believed(world: CheckWorld, name: str) -> str:
    with pytest.raises(GoneError) as refused:
        await world.checks.look(name)
    return str(refused.value)


# What Azure DevOps says of it


async def test_all_that_is_shown_comes_from_azure_devops(world, call, name):
    seen = await world.checks.look(name)
    run = call.run
    assert (seen.id, seen.kind, seen.state) == (name, CheckpointKind.CHECK, PENDING)
    told = seen.run
    assert (told.project, told.project_name) == (world.project.id, "lending")
    assert (told.environment, told.stage) == ("production", "To production")
    assert (told.pipeline_name, told.run, told.run_name) == (
        "deploy churn",
        run.number,
        run.name,
    )
    assert (told.repository, told.commit, told.branch) == (world.hosted.id, run.commit, "main")
    assert told.started_by == ("anna.berg@bank.example",)
    assert told.link == f"{world.azure.address}/{told.project}/_build/results?buildId={told.run}"
    assert seen.until == seen.since + timedelta(minutes=90)
    assert await token_of(world, name) == call.token


async def test_of_two_environments_it_is_the_one_of_its_own_checkpoint(world):
    """Checks of the same name at both: no name and no address in the call decides."""
    test = Environment(world.project, "test", checks=[RestCheck("Sluss", NOWHERE)])
    for place, told in ((test, "test"), (world.production, "production")):
        name = await world.kept(world.waits(place))
        assert (await world.checks.look(name)).run.environment == told


async def test_where_the_environment_is_not_told_nobody_can_decide(world, name):
    world.devops.access.deny(SLUSS, Right.ENVIRONMENTS_READ)
    seen = await world.checks.look(name)
    assert (seen.run.environment, seen.state) == ("", PENDING)


ENDS = [
    (lambda call: call.answer("succeeded"), APPROVED),
    (lambda call: call.answer("failed"), REJECTED),
    (lambda call: call.time_out(), CheckpointState.TIMED_OUT),
    (lambda call: call.run.cancel(), CheckpointState.CANCELLED),
]


@pytest.mark.parametrize(("end", "state"), ENDS)
async def test_what_waits_no_longer_needs_no_token(world, call, name, end, state):
    end(call)
    assert (await world.checks.look(name)).state == state
    assert not await token_of(world, name)


# A check with a plan of its own, as the cloud has it


@pytest.fixture
def cloud(world: CheckWorld) -> Environment:
    check = RestCheck("Sluss", NOWHERE, hub="checks")
    return Environment(world.project, "cloud", checks=[check])


@pytest.mark.parametrize("yes", [True, False])
async def test_a_check_with_a_plan_of_its_own_is_read_and_answered(world, cloud, yes):
    call = world.waits(cloud)
    name = await world.kept(call)
    shown = await world.checks.look(name)
    assert (shown.state, shown.run.environment, shown.run.run) == (
        PENDING,
        "cloud",
        call.run.number,
    )
    after = await world.checks.answer(shown, decision(yes=yes))
    assert (after.state, call.outcome) == ((APPROVED, "succeeded") if yes else (REJECTED, "failed"))


async def test_where_its_plan_does_not_name_the_run_the_call_may(world, cloud):
    """It is a hint, and counts where the run that it names has a check that waits."""
    call = world.waits(cloud)

    altered(world, "/hubs/checks/plans/", owner=None, artifactUri=None)
    name = await world.kept(call, run=call.run.number)
    assert (await world.checks.look(name)).run.run == call.run.number
    other = world.waits(cloud)
    unnamed = await world.kept(other)
    assert "Let the check send BuildId" in await not_believed(world, unnamed)


async def test_of_two_checks_that_wait_in_one_run_nobody_can_tell_which_has_called(world, cloud):
    twice = Environment(world.project, "twice", checks=[*cloud.checks, RestCheck("Other", NOWHERE)])
    world.waits(twice)
    name = await world.kept(twice.calls[0])
    assert "not believed" in await not_believed(world, name)


# What is not believed


FORGED = {
    "plan": {"plan": str(uuid4())},
    "job and task": {"job": str(uuid4()), "task": str(uuid4())},
    "project": {"project": str(uuid4())},
}


@pytest.mark.parametrize("other", FORGED.values(), ids=FORGED)
async def test_a_made_up_call_is_not_believed(world, call, other, caplog):
    name = world.name(call, **other)
    with caplog.at_level(logging.WARNING):
        assert "not believed" in await not_believed(world, name)
    assert "not believed" in caplog.text
    assert not world.devops.calls.to("POST", "")


async def test_the_plan_of_another_project_is_not_believed(world, call):
    secret = world.devops.project("treasury")
    assert "not believed" in await not_believed(world, world.name(call, project=secret.id))


async def test_the_plan_of_another_run_is_not_believed(world, call):
    """Its own job and task, beside the plan of a run that waits for nothing."""
    other = Pipeline(world.project, "tests", world.hosted).run(by=ANNA)
    assert "no check of this name" in await not_believed(
        world, world.name(call, plan=other.plan_id)
    )


async def test_the_plan_of_a_run_is_none_in_the_hub_of_checks(world, call):
    assert "no such plan" in await not_believed(world, world.name(call, hub="checks"))


async def test_a_plan_that_names_another_run_than_its_own_is_not_believed(world, call, name):
    other = Pipeline(world.project, "tests", world.hosted).run(by=ANNA)
    call.run.number, other.number = other.number, call.run.number
    other.plan_id = str(uuid4())
    world.pipeline.runs.remove(call.run)
    assert "not believed" in await not_believed(world, name)
    assert not await token_of(world, name)


OTHER = str(uuid4())
CONTRADICTED = {
    "plan of another project": (r"/plans/[^/]+$", {"scopeIdentifier": OTHER}),
    "another plan": (r"/plans/[^/]+$", {"planId": OTHER}),
    "run of another project": (r"/builds/\d+$", {"project": {"id": OTHER, "name": "lending"}}),
    "run of another plan": (r"/builds/\d+$", {"orchestrationPlan": {"planId": OTHER}}),
    "run without a plan": (r"/builds/\d+$", {"orchestrationPlan": None}),
    "another run": (r"/builds/\d+$", {"id": 1}),
    "no records": ("/timeline$", {"records": []}),
    "no timeline": ("/timeline$", {"records": None}),
}


@pytest.mark.parametrize(("path", "fields"), CONTRADICTED.values(), ids=CONTRADICTED)
async def test_where_two_answers_do_not_fit_nothing_is_believed(world, name, path, fields):
    altered(world, path, **fields)
    assert "not believed" in await not_believed(world, name)
    assert not await token_of(world, name)


@pytest.mark.parametrize("path", [r"/plans/[^/]+$", r"/builds/\d+$", "/timeline$"])
async def test_an_answer_of_another_form_is_asked_for_again(world, call, name, path):
    world.devops.faults.on("GET", path, answer(200, "[]", content_type="application/json"))
    with pytest.raises(UnavailableError):
        await world.checks.look(name)
    assert await token_of(world, name) == call.token


async def test_a_run_that_is_being_cancelled_waits_for_nothing(world, name):
    altered(world, r"/builds/\d+$", status="cancelling")
    assert (await world.checks.look(name)).state == CheckpointState.CANCELLED


async def test_what_has_just_called_may_be_shown_a_moment_later(world, call, name):
    patient = CalledChecks(world.azure, world.tokens)
    records = call.stage.checkpoint
    call.stage.checkpoint = []
    with pytest.raises(UnavailableError, match="looked for again by itself"):
        await patient.look(name)
    assert await token_of(world, name) == call.token
    call.stage.checkpoint = records
    assert (await patient.look(name)).state == PENDING


@pytest.mark.parametrize("checkpoint", ["check/x/y", "check/../../../x", "approval/1/2", "x"])
async def test_what_is_no_name_of_a_check_goes_into_no_path(world, checkpoint):
    assert "not the name of a check" in await not_believed(world, checkpoint)
    assert not world.devops.calls.mark()


# The answer


@pytest.mark.parametrize("yes", [True, False])
async def test_a_decision_is_answered_with_the_token_of_the_job(world, call, name, yes):
    shown = await world.checks.look(name)
    after = await world.checks.answer(shown, decision(yes=yes))
    assert (after.state, after.our_answer) == (APPROVED if yes else REJECTED, yes)
    assert call.outcome == ("succeeded" if yes else "failed")
    posted = world.devops.calls.to("POST", EVENTS)
    assert [each.identity for each in posted] == [call.run.agent.unique_name]
    assert not await token_of(world, name)


async def test_who_has_decided_and_why_stands_at_the_run(world, call, name):
    await world.checks.answer(
        await world.checks.look(name), decision(yes=False, comment="too\nfew")
    )
    assert call.notes == ["Rejected by Eve Ek in Sluss: too few"]


@pytest.mark.parametrize("fault", [answer(500), answer(400), dropped_before()])
async def test_the_answer_does_not_depend_on_its_explanation(world, call, name, fault):
    world.devops.faults.on("PATCH", r"/records$", fault)
    after = await world.checks.answer(await world.checks.look(name), decision())
    assert (after.state, call.outcome) == (APPROVED, "succeeded")


async def test_it_is_answered_once(world, call, name):
    shown = await world.checks.look(name)
    for _ in range(3):
        assert (await world.checks.answer(shown, decision())).state == APPROVED
    assert answers(world) == 1


@pytest.mark.parametrize("cut", [dropped_after(), half()])
async def test_a_time_out_after_the_write_says_it_no_second_time(world, call, name, cut):
    shown = await world.checks.look(name)
    world.devops.faults.on("POST", EVENTS, cut)
    try:
        await world.checks.answer(shown, decision())
    except UnavailableError:
        assert await token_of(world, name)
    again = await world.checks.answer(shown, decision())
    assert (again.state, again.our_answer, answers(world)) == (APPROVED, True, 1)


@pytest.mark.parametrize("fault", [dropped_before(), answer(503), too_many()])
async def test_what_passes_by_itself_keeps_the_token_for_the_next_try(world, call, name, fault):
    shown = await world.checks.look(name)
    world.devops.faults.on("POST", EVENTS, fault)
    with pytest.raises(UnavailableError):
        await world.checks.answer(shown, decision())
    assert call.outcome is None
    assert await token_of(world, name) == call.token


async def test_a_token_that_has_expired_lets_nothing_pass_and_says_what_to_do(world, call, name):
    shown = await world.checks.look(name)
    world.devops.access.revoke(call.token)
    for _ in range(2):
        with pytest.raises(StepFailedError, match="Run the check again in Azure Pipelines") as told:
            await world.checks.answer(shown, decision())
        assert call.token not in str(told.value)
    assert call.outcome is None
    assert not await token_of(world, name)


async def test_a_sign_in_page_for_the_job_is_an_old_token_and_for_us_it_is_not(world, call, name):
    shown = await world.checks.look(name)
    world.devops.faults.on("GET", "/plans/", sign_in_page())
    with pytest.raises(UnavailableError):
        await world.checks.answer(shown, decision())
    assert await token_of(world, name) == call.token
    world.devops.faults.on("POST", EVENTS, sign_in_page())
    with pytest.raises(StepFailedError, match="Run the check again"):
        await world.checks.answer(shown, decision())


async def test_a_run_that_was_cancelled_meanwhile_is_told_nothing(world, call, name):
    shown = await world.checks.look(name)
    call.run.cancel()
    after = await world.checks.answer(shown, decision())
    assert (after.state, after.our_answer, answers(world)) == (CheckpointState.CANCELLED, None, 0)


@pytest.mark.parametrize("refused", [400, 404])
async def test_a_run_that_ends_at_the_same_moment_is_read_once_more(world, call, name, refused):
    shown = await world.checks.look(name)

    async def cancelled(request, handle):
        call.run.cancel()
        made = error(refused, "It is terminated.", "TaskOrchestrationPlanTerminatedException")
        return await made(request, handle)

    world.devops.faults.on("POST", EVENTS, cancelled)
    after = await world.checks.answer(shown, decision())
    assert after.state == CheckpointState.CANCELLED
    assert not await token_of(world, name)


async def test_a_refusal_of_what_still_waits_is_one(world, call, name):
    shown = await world.checks.look(name)
    world.devops.faults.on("POST", EVENTS, error(400, "The event is not one.", "Invalid"))
    with pytest.raises(StepFailedError, match="The event is not one"):
        await world.checks.answer(shown, decision())
    assert await token_of(world, name) == call.token


async def test_what_is_about_another_commit_by_now_is_told_nothing(world, call, name):
    shown = await world.checks.look(name)
    call.run.commit = "c" * 40
    after = await world.checks.answer(shown, decision())
    assert (after.state, call.outcome, answers(world)) == (PENDING, None, 0)


async def test_no_token_and_no_other_address_is_ever_in_a_request_of_ours(world, call, name):
    shown = await world.checks.look(name)
    await world.checks.answer(shown, decision())
    assert call.token not in " ".join(f"{each.path} {each.query}" for each in world.devops.calls)
