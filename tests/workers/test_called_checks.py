"""A check of an environment calls, somebody decides, and the run goes on: from the door to the answer."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client import generate_latest

from core.checkpoint import CheckpointKind, CheckpointState
from core.contributors import Part
from core.errors import UnavailableError
from core.events.outside import CheckCalled, DeliveryRejected, RunStateChanged
from core.jobs import AnswerCheckpoint, ShowCard
from core.origin import EventOrigin
from core.words import PLATFORM
from tests.peers.azure_devops import AzureDevOpsPeer
from tests.peers.azure_devops.called_checks import RestCheck
from tests.peers.azure_devops.environments import Environment
from tests.workers.called_check_world import KEY, CalledCheckWorld
from tests.workers.checkpoint_world import ANNA, EVA, LEIF, store_url

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CalledCheckWorld]:
    async with AzureDevOpsPeer(tmp_path / "peer") as devops:
        made = CalledCheckWorld(devops, tmp_path / "ours")
        (tmp_path / "ours").mkdir(exist_ok=True)
        await made.open()
        yield made
        await made.close()


async def events(world, *kinds):
    return [entry.event for entry in await world.store.load(PLATFORM, kinds=kinds)]


async def token(world, call) -> str:
    found = await world.tokens.find(world.check_name(call))
    return found.value if found else ""


@pytest.mark.parametrize("yes", [True, False])
async def test_a_run_waits_for_our_four_eyes_without_being_rewritten(world, yes):
    call = world.runs()
    assert await world.called(call) == 202
    known = await world.checkpoint(call)
    assert (known.seen.kind, known.run.environment, known.run.run) == (
        CheckpointKind.CHECK, "release", call.run.number,
    )  # fmt: skip
    assert Part.STARTER in {each.part for each in known.contributors.found}
    assert (await world.says(ANNA, call, yes=yes)).decision.refusal is not None
    assert call.outcome is None
    assert (await world.says(EVA, call, yes=yes)).decision.refusal is None
    await world.work()
    assert call.outcome == ("succeeded" if yes else "failed")
    assert call.stage.state == ("running" if yes else "completed")
    after = await world.checkpoint(call)
    assert (after.told is not None, after.closed is not None) == (True, True)
    assert not await token(world, call)
    assert call.notes[0].startswith("Approved by Eva" if yes else "Rejected by Eva")


async def test_nothing_is_decided_without_a_rule(world):
    free = Environment(world.lending, "free", checks=[world.check])
    call = world.runs(free)
    await world.called(call)
    refusal = (await world.says(EVA, call)).decision.refusal
    assert "no rule for the environment 'free'" in refusal.reason
    assert "may bypass the check in Azure DevOps, or have the platform team" in refusal.who_can
    assert call.outcome is None


async def test_a_repeated_call_is_the_same_check_and_after_the_answer_the_same_answer(world):
    call = world.runs()
    for _ in range(3):
        assert await world.called(call) == 202
    await asyncio.gather(*(world.called(call) for _ in range(3)))
    assert len((await world.store.desk()).checkpoints) == 1
    await world.says(EVA, call)
    await world.work()
    shown = await world.jobs(ShowCard)
    assert {job.subject for job in shown} == {world.check_name(call)}
    for _ in range(2):
        assert await world.called(call) == 202
        assert not await token(world, call)
    assert (world.answers(), call.outcome) == (1, "succeeded")
    assert await world.jobs(ShowCard) == []
    assert len((await world.store.desk()).checkpoints) == 1


async def test_a_check_that_asks_again_by_the_same_name_gets_the_same_answer(world):
    call = world.runs()
    await world.called(call)
    await world.says(EVA, call)
    await world.work()
    call.outcome, call.stage.state = None, "pending"
    await world.called(call)
    assert (call.outcome, world.answers()) == ("succeeded", 2)


async def test_whoever_replays_a_call_with_a_token_of_his_own_changes_nothing(world):
    call = world.runs()
    await world.called(call)
    await world.called(call, AuthToken="a-token-of-somebody-else")
    assert await token(world, call) == call.token
    await world.says(EVA, call)
    await world.work()
    assert call.outcome == "succeeded"


FORGED = {
    "plan": {"PlanId": str(uuid4())},
    "project": {"ProjectId": str(uuid4())},
    "job and task": {"JobId": str(uuid4()), "TaskInstanceId": str(uuid4())},
    "hub": {"HubName": "checks"},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
async def test_a_forged_call_leads_to_no_card_and_keeps_no_token(world, forged):
    call = world.runs()
    assert await world.called(call, **forged) == 202
    [event] = await events(world, CheckCalled)
    assert await world.tokens.find(event.check) is None
    assert (await world.store.desk()).checkpoints == {}
    assert await world.jobs(ShowCard) == []
    assert call.outcome is None


async def test_the_plan_of_another_project_leads_to_nothing(world):
    call = world.runs()
    other = world.devops.project("treasury")
    await world.called(call, ProjectId=other.id)
    assert (await world.store.desk()).checkpoints == {}


@pytest.mark.parametrize("run", ["1", "999999", "$(build.buildId)", "x"])
async def test_what_the_call_says_of_its_run_counts_for_nothing(world, run):
    call = world.runs()
    await world.called(call, BuildId=run, Environment="free", Commit="c" * 40)
    known = await world.checkpoint(call)
    assert (known.run.run, known.run.environment) == (call.run.number, "release")


async def test_a_foreign_address_is_refused_at_the_door_and_never_called(world):
    reached = []

    async def elsewhere(reader, writer):
        reached.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(elsewhere, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    call = world.runs()
    for name in ("PlanUrl", "VstsUrl"):
        assert await world.called(call, **{name: f"http://127.0.0.1:{port}/Harbour/"}) == 202
    rejected = await events(world, DeliveryRejected)
    assert "another organisation" in rejected[0].reason
    assert not await token(world, call)
    server.close()
    await server.wait_closed()
    assert reached == []


async def test_a_cancelled_run_closes_the_card_and_needs_no_token(world):
    call = world.runs()
    await world.called(call)
    call.run.cancel()
    moved = RunStateChanged(
        id="ado/run/canceled", time=call.run.created, project=world.lending.id,
        run=call.run.number, state="completed", result="canceled",
    )  # fmt: skip
    await world.handle(moved, EventOrigin.OUTSIDE)
    await world.work()
    known = await world.checkpoint(call)
    assert known.seen.state == CheckpointState.CANCELLED
    assert not await token(world, call)
    assert "was cancelled" in (await world.says(EVA, call)).decision.refusal.reason


async def test_what_is_out_of_time_is_found_without_a_delivery(world):
    call = world.runs()
    await world.called(call)
    call.time_out()
    await world.desk.look(world.check_name(call))
    assert (await world.checkpoint(call)).seen.state == CheckpointState.TIMED_OUT


async def test_an_old_token_fails_closed_and_the_card_says_what_to_do(world):
    call = world.runs()
    await world.called(call)
    world.devops.access.revoke(call.token)
    await world.says(EVA, call)
    with pytest.raises(UnavailableError, match="Run the check again in Azure Pipelines"):
        await world.work()
    known = await world.checkpoint(call)
    assert "Run the check again" in known.problem
    assert (known.is_to_be_told, call.outcome) == (True, None)
    call.rerun()
    await world.called(call)
    assert (await world.checkpoint(call)).is_open


@pytest.mark.parametrize("minutes", [-5, 5])
async def test_a_clock_that_is_five_minutes_off_makes_no_difference(world, minutes):
    world.offset = timedelta(minutes=minutes)
    call = world.runs()
    await world.called(call)
    await world.says(EVA, call)
    await world.work()
    assert call.outcome == "succeeded"


async def test_of_two_people_at_once_one_decides_and_it_is_answered_once(world):
    call = world.runs()
    await world.called(call)
    said = await asyncio.gather(world.says(EVA, call), world.says(LEIF, call, yes=False))
    assert sum(each.decision.refusal is None for each in said) == 1
    await world.work()
    assert world.answers() == 1


async def test_the_token_is_in_no_file_no_log_and_no_metric_from_the_call_to_the_answer(
    world, caplog
):
    call = world.runs()
    forms = (call.token, call.token[:20], call.token.encode().hex())
    with caplog.at_level(logging.DEBUG):
        for forged in ({}, {"PlanUrl": "https://dev.azure.com/other"}, {"PlanId": call.token}):
            await world.called(call, **forged)
        await world.says(EVA, call)
        before = everything(world.folder)
        await world.work()
    ledger = b"".join([line async for line in world.store.export()])
    metrics = generate_latest(world.metrics)
    for form in forms:
        assert form not in caplog.text
        for place in (before, everything(world.folder), ledger, metrics):
            assert form.encode() not in place
    assert call.outcome == "succeeded"


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_a_check_with_a_plan_of_its_own_goes_the_same_way(world):
    check = RestCheck("Sluss", world.check.url, world.check.headers, hub="checks")
    world.release.checks = [check]
    call = world.runs()
    await world.called(call)
    await world.says(EVA, call)
    await world.work()
    assert call.outcome == "succeeded"


KILLED = """
import asyncio, sys
from datetime import UTC, datetime
from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.called_checks import CalledChecks
from adapters.job_tokens.sealed import SealedJobTokens, fernet
from adapters.sql_store import SqlStore
from core.again import Troubles
from core.checkpoint import CheckpointKind
from core.handle import Handle
from core.jobs import AnswerCheckpoint
from core.platform import Platform
from core.policy import Policy
from core.words import PLATFORM
from workers.checkpoints import CheckpointDesk

async def main(address, token, url, key, name):
    store = SqlStore(url)
    azure = AzureDevOps(AzureDevOpsSettings(address=address, token=token))
    handle = Handle(store, platform=Platform, policy=Policy(), clock=lambda: datetime.now(UTC),
                    is_local=False)
    checks = CalledChecks(azure, SealedJobTokens(store, [fernet("check_key", key)]))
    desk = CheckpointDesk({CheckpointKind.CHECK: checks}, handle, store, Troubles())
    await desk.answer(AnswerCheckpoint(id="a", stream=PLATFORM, checkpoint=name))

asyncio.run(main(*sys.argv[1:]))
"""


async def test_killed_when_it_was_answered_and_before_it_was_noted_the_next_one_answers_no_more(
    world,
):
    call = world.runs()
    await world.called(call)
    await world.says(EVA, call)
    [job] = await world.jobs(AnswerCheckpoint)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, world.devops.address, world.devops.token),
        *(store_url(world.folder), KEY, job.checkpoint),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    async def kill(request, handle):
        response = await handle(request)
        process.kill()
        return response

    world.devops.faults.on("POST", "/events$", kill)
    assert await process.wait() == -signal.SIGKILL
    assert call.outcome == "succeeded"
    assert (await world.checkpoint(call)).is_to_be_told
    await world.store.end_leases()  # as the next start on this machine does
    await world.desk.answer(job)
    assert (await world.checkpoint(call)).told is not None
    assert not await token(world, call)
    assert world.answers() == 1
