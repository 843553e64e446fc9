"""What a pipeline waits for comes from the host to a card, and a decision goes back once."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sql_store import SqlStore
from core.checkpoint import CheckpointState
from core.contributors import Part
from core.errors import UnavailableError
from core.events.desk import CheckpointDecided
from core.events.outside import ApprovalCompleted, ApprovalPending, RunStateChanged
from core.events.workers import AnswerDelayed, CheckpointSeen
from core.jobs import AnswerCheckpoint, ReadCheckpoint, ShowCard
from core.origin import EventOrigin
from core.platform import Platform, Repository
from core.policy import Policy
from core.words import PLATFORM, Stream
from tests.peers.azure_devops import AzureDevOpsPeer, faults, person
from tests.peers.azure_devops.environments import Environment
from tests.peers.azure_devops.faults import ALWAYS
from tests.peers.azure_devops.world import SLUSS
from tests.workers.checkpoint_world import ANNA, EVA, LEIF, CheckpointWorld, store_url

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CheckpointWorld]:
    async with AzureDevOpsPeer(tmp_path / "peer") as devops:
        made = CheckpointWorld(devops, tmp_path)
        yield made
        await made.close()


async def hinted(world, approval, kind=ApprovalPending, **body):
    """The body names the approval; whatever else it says is believed in nothing."""
    event = kind(
        id=f"ado/{world.lending.id}/approval/{approval.id}/{kind.__name__}",
        time=approval.created, project=world.lending.id, approval=approval.id, **body,
    )  # fmt: skip
    return await world.handle(event, EventOrigin.OUTSIDE)


async def told(world, kind):
    return [entry.event for entry in await world.store.load(PLATFORM, kinds=[kind])]


async def test_a_delivery_leads_to_a_card_with_what_the_host_says(world):
    approval = world.waits()
    await hinted(world, approval, environment="test", run=7, pipeline_name="something else")
    await world.work()
    known = await world.known(approval)
    assert (known.run.environment, known.run.run) == ("production", approval.run.number)
    assert {(each.part, each.person) for each in known.contributors.found} == {
        (Part.AUTHOR, ANNA.id), (Part.COMMITTER, ANNA.id), (Part.PUSHER, ANNA.id),
        (Part.STARTER, ANNA.id),
    }  # fmt: skip
    assert {job.subject for job in await world.jobs(ShowCard)} <= {world.name(approval)}


async def test_a_forged_hint_leads_to_nothing(world):
    approval = world.waits()
    event = ApprovalPending(
        id="forged", time=approval.created, project=world.devops.project("payments").id,
        approval=approval.id, environment="production",
    )  # fmt: skip
    await world.handle(event, EventOrigin.OUTSIDE)
    await world.work()
    assert (await world.store.desk()).checkpoints == {}


async def test_a_decision_goes_back_and_the_card_says_that_it_was_taken(world):
    approval = world.waits()
    await world.read(approval)
    assert (await world.decide(approval, EVA)).decision.refusal is None
    await world.work()
    known = await world.known(approval)
    assert (approval.status, approval.run.stages[0].state) == ("approved", "running")
    assert (known.told is not None, known.closed is not None) == (True, True)
    assert (await world.store.desk()).approved == {known.run.place: known.run.commit}
    assert approval.steps[0].comment.startswith(f"Approved by Eva (object id {EVA.id}) in Sluss")


async def test_another_process_and_a_rebuild_have_the_same_desk(world):
    for _ in range(2):
        approval = world.waits()
        await world.read(approval)
        await world.decide(approval, EVA)
    await world.work()
    other = SqlStore(store_url(world.folder))
    desk = await world.store.desk()
    assert await other.desk() == desk
    await other.rebuild()
    assert await other.desk() == desk
    assert (len(desk.checkpoints), len(desk.approved)) == (2, 1)
    await other.close()


async def test_what_changes_while_hands_are_counted_is_counted_again(world):
    """Somebody approves the run before: what is counted began at another commit."""
    first, second = world.waits(), world.waits()
    for each in (first, second):
        await world.read(each)
    counted, find = [], world.handle._counting._find

    async def slow(change, context):
        counted.append(tuple(change.bases))
        if len(counted) == 1:
            await world.decide(first, LEIF)
            await world.work()
        return await find(change, context)

    world.handle._counting._find = slow
    assert (await world.decide(second, EVA)).decision.refusal is None
    assert counted[0] == ("",)
    assert counted[-1] == (first.run.commit, "")


async def test_nobody_who_had_a_hand_in_it_decides(world):
    approval = world.waits()
    await world.read(approval)
    refusal = (await world.decide(approval, ANNA)).decision.refusal
    assert refusal.reason.startswith("You may not decide about this: you ")
    assert await world.jobs(AnswerCheckpoint) == []


async def test_the_next_run_is_counted_since_what_was_approved(world):
    first = world.waits()
    await world.read(first)
    await world.decide(first, EVA)
    await world.work()
    eva = world.devops.join(person("Eva Holm", "eva@bank.example"))
    world.churn.push(by=eva, files={"b.py": "2"})
    second = world.waits(by=eva)
    await world.read(second)
    counted = (await world.known(second)).contributors
    assert (counted.base, counted.commits) == (first.run.commit, 1)
    assert (await world.decide(second, EVA)).decision.refusal is not None
    assert (await world.decide(second, ANNA)).decision.refusal is None


async def test_of_two_people_at_once_one_decides_and_it_is_told_once(world):
    approval = world.waits()
    await world.read(approval)
    answers = await asyncio.gather(
        world.decide(approval, EVA), world.decide(approval, LEIF, yes=False)
    )
    assert sum(each.decision.refusal is None for each in answers) == 1
    await world.work()
    assert len(await told(world, CheckpointDecided)) == 1
    assert world.patches() == 1


async def test_of_two_workers_at_once_one_tells_it(world):
    approval = world.waits()
    await world.read(approval)
    await world.decide(approval, EVA)
    [job] = await world.jobs(AnswerCheckpoint)
    done = await asyncio.gather(
        world.desk.answer(job), world.a_desk().answer(job), return_exceptions=True
    )
    assert [type(each) for each in done if each] in ([], [UnavailableError])
    await world.a_desk().answer(job)
    assert world.patches() == 1


KILLED = """
import asyncio, sys
from pathlib import Path
from core.jobs import AnswerCheckpoint
from core.words import PLATFORM
from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.approvals import AzureApprovals
from adapters.sql_store import SqlStore
from core.again import Troubles
from core.checkpoint import CheckpointKind
from core.handle import Handle
from core.platform import Platform
from core.policy import Policy
from datetime import UTC, datetime
from workers.checkpoints import CheckpointDesk

async def main(address, token, url, name):
    store = SqlStore(url)
    azure = AzureDevOps(AzureDevOpsSettings(address=address, token=token))
    handle = Handle(store, platform=Platform, policy=Policy(), clock=lambda: datetime.now(UTC),
                    is_local=False)
    hosts = {CheckpointKind.APPROVAL: AzureApprovals(azure)}
    desk = CheckpointDesk(hosts, handle, store, Troubles())
    await desk.answer(AnswerCheckpoint(id="a", stream=PLATFORM, checkpoint=name))

asyncio.run(main(*sys.argv[1:]))
"""


async def test_killed_when_it_was_said_and_before_it_was_noted_the_next_one_says_it_no_more(world):
    approval = world.waits()
    await world.read(approval)
    await world.decide(approval, EVA)
    [job] = await world.jobs(AnswerCheckpoint)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, world.devops.address, world.devops.token),
        *(store_url(world.folder), job.checkpoint),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    async def kill(request, handle):
        response = await handle(request)
        process.kill()
        return response

    world.devops.faults.on("PATCH", "/pipelines/approvals", kill)
    assert await process.wait() == -signal.SIGKILL
    assert (await world.known(approval)).is_to_be_told
    with pytest.raises(UnavailableError, match="by another worker now"):
        await world.desk.answer(job)
    await world.store.end_leases()  # as the next start on this machine does
    await world.desk.answer(job)
    assert (await world.known(approval)).told is not None
    assert world.patches() == 1


async def test_decided_elsewhere_meanwhile_the_card_says_so_and_nothing_is_sent(world):
    approval = world.waits()
    await world.read(approval)
    await world.decide(approval, EVA)
    approval.decide("rejected", by=world.stig)
    await world.work()
    known = await world.known(approval)
    assert (known.seen.state, known.seen.closed_by) == (CheckpointState.REJECTED, "Stig Dahl")
    assert (known.told, world.patches()) == (None, 0)


async def test_a_completed_approval_and_a_cancelled_run_close_what_waits(world):
    rejected, cancelled = world.waits(), world.waits()
    for each in (rejected, cancelled):
        await world.read(each)
    rejected.decide("rejected", by=world.stig)
    await hinted(world, rejected, ApprovalCompleted)
    cancelled.run.cancel()
    moved = RunStateChanged(
        id="moved", time=cancelled.created, project=world.lending.id, run=cancelled.run.number,
        state="completed", repository=world.churn.id,
    )  # fmt: skip
    await world.handle(moved, EventOrigin.OUTSIDE)
    await world.work()
    assert (await world.known(rejected)).seen.closed_by == "Stig Dahl"
    assert (await world.known(cancelled)).seen.state == CheckpointState.CANCELLED


async def test_a_run_of_a_repository_that_we_know_closes_it_as_well(world):
    approval = world.waits()
    await world.read(approval)
    known = Repository(id=world.churn.id, name=Stream("churn"), team="lending")
    world.platform = Platform(repositories=(known,))
    approval.run.cancel()
    moved = RunStateChanged(
        id="moved", time=approval.created, project=world.lending.id, run=approval.run.number,
        state="completed", repository=world.churn.id,
    )  # fmt: skip
    await world.handle(moved, EventOrigin.OUTSIDE)
    await world.work()
    assert (await world.known(approval)).closed is not None


async def test_without_the_right_it_waits_says_so_once_and_is_told_when_it_is_given(world):
    others = Environment(world.lending, "production", (world.stig,))
    approval = world.waits(others)
    await world.read(approval)
    await world.decide(approval, EVA)
    [job] = await world.jobs(AnswerCheckpoint)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="one of its approvers"):
            await world.desk.answer(job)
    assert len(await told(world, AnswerDelayed)) == 1
    assert "one of its approvers" in (await world.known(approval)).problem
    assert world.troubles.open
    approval.steps[0].assigned = SLUSS
    await world.desk.answer(job)
    assert (await world.known(approval)).problem == ""
    assert not world.troubles.open


async def test_another_answer_of_our_identity_is_a_problem_and_not_ours(world):
    both = Environment(world.lending, "production", (SLUSS, world.stig))
    approval = world.waits(both)
    await world.read(approval)
    await world.decide(approval, EVA, yes=False)
    approval.decide("approved", by=SLUSS)
    await world.work()
    assert "another answer" in (await world.known(approval)).problem
    assert (await world.known(approval)).told is None


async def test_what_the_host_shows_no_more_is_closed(world):
    approval = world.waits()
    await world.read(approval)
    world.production.approvals.remove(approval)
    await world.read(approval)
    assert (await world.known(approval)).seen.state == CheckpointState.GONE
    await world.decide(approval, EVA)
    assert await world.jobs(AnswerCheckpoint) == []


async def test_the_host_is_down_and_the_job_waits(world):
    approval = world.waits()
    world.devops.faults.on("GET", "approvals", faults.error(503, "down", "x"), times=ALWAYS)
    with pytest.raises(UnavailableError):
        await world.read(approval)
    world.devops.faults.clear()
    assert (await world.read(approval)).is_open


async def test_when_git_is_down_there_is_a_card_and_the_hands_come_later(world):
    approval = world.waits()
    world.devops.faults.on("GET", "info/refs", faults.error(503, "down", "x"), times=ALWAYS)
    world.devops.faults.on("POST", "git-upload-pack", faults.error(503, "down", "x"), times=ALWAYS)
    world.devops.faults.on("POST", "commitsbatch", faults.error(503, "down", "x"), times=ALWAYS)
    known = await world.read(approval)
    assert (known.is_open, known.contributors) == (True, None)
    world.devops.faults.clear()
    assert (await world.read(approval)).contributors is not None


async def test_what_is_read_twice_is_written_once(world):
    approval = world.waits()
    for _ in range(3):
        await world.read(approval)
    seen = await told(world, CheckpointSeen)
    assert [each.contributors is not None for each in seen] == [False, True]


async def test_what_no_delivery_told_is_found_and_what_is_over_is_closed(world):
    known, new = world.waits(), world.waits()
    await world.read(known)
    known.decide("approved", by=world.stig)
    await world.watch.run()
    assert (await world.known(new)).is_open
    assert (await world.known(known)).closed is not None
    mark = world.devops.calls.mark()
    await world.watch.run()
    assert len(world.devops.calls.since(mark)) == 2  # the repositories, and one project


async def test_projects_without_a_rule_cost_no_call(tmp_path):
    async with AzureDevOpsPeer(tmp_path / "peer") as devops:
        world = CheckpointWorld(devops, tmp_path, Policy())
        approval = world.waits()
        await world.watch.run()
        assert await world.known(approval) is None
        assert len(world.devops.calls) == 0
        await world.close()


@pytest.mark.parametrize("name", ["", "x", "approval/p", "nothing/p/x", "check/p/x"])
async def test_a_name_of_no_kind_that_we_have_asks_nobody(world, name):
    await world.desk.read(ReadCheckpoint(id="r", stream=PLATFORM, checkpoint=name))
    await world.desk.answer(AnswerCheckpoint(id="a", stream=PLATFORM, checkpoint=name))
    assert len(world.devops.calls) == 0


async def test_where_no_rule_is_nobody_is_counted_and_nothing_is_cloned(world):
    approval = world.waits(Environment(world.lending, "test", (SLUSS,)))
    known = await world.read(approval)
    assert (known.is_open, known.contributors) == (True, None)
    assert len(world.devops.calls.to("GET", "info/refs")) == 0


async def test_who_presses_where_no_rule_is_has_nothing_cloned(world):
    approval = world.waits(Environment(world.lending, "test", (SLUSS,)))
    await world.read(approval)
    refusal = (await world.decide(approval, EVA)).decision.refusal
    assert refusal.reason.startswith("policy.yml has no rule for the environment 'test'")
    assert len(world.devops.calls.to("GET", "info/refs")) == 0


async def test_what_comes_to_the_desk_while_somebody_presses_is_counted_first(world):
    """A press about what is not there yet: in the turn after it, it is."""
    approval = world.waits()
    before = world.handle._counting.before

    async def late(*asked):
        world.handle._counting.before = before
        counted = await before(*asked)
        await world.read(approval)
        return counted

    world.handle._counting.before = late
    refusal = (await world.decide(approval, ANNA)).decision.refusal
    assert refusal.reason.startswith("You may not decide about this: you ")
