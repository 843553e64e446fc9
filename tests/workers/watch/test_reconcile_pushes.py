"""What no delivery has brought is found by listing, once, whoever else lists or delivers."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sql_store import SqlStore
from core.errors import StepFailedError, UnavailableError
from core.events.derived import ReleaseOpened
from core.events.desk import RepositoriesFound
from core.events.outside import BranchDeleted, CodePushed, PullRequestChanged
from core.origin import EventOrigin
from core.ports.host_events import RECONCILED
from tests.peers.azure_devops import AzureDevOpsPeer, Right, faults
from tests.peers.azure_devops.world import SLUSS
from tests.workers.watch.devops_world import DevOpsWorld, stamped, until


@pytest.fixture
async def world(tmp_path):
    async with AzureDevOpsPeer(tmp_path) as devops:
        made = DevOpsWorld(tmp_path, devops)
        yield made
        await made.close()


@pytest.fixture
async def begun(world):
    """A world whose first reconciliation was done, before anything was pushed."""
    await world.reconcile.run()
    return world


def pushes(events):
    return [event.push_id for event in events if isinstance(event, CodePushed | BranchDeleted)]


async def test_pushes_that_no_delivery_brought_are_told_once_each(begun):
    pushed = [begun.push(content=str(number)).push_id for number in range(5)]

    assert await begun.reconcile.run() == 5
    assert pushes(await begun.news()) == pushed
    assert await begun.reconcile.run() == 0
    assert pushes(await begun.news()) == pushed


async def test_they_are_the_events_of_a_delivery_and_say_where_they_come_from(begun):
    pushed = begun.push()
    await begun.reconcile.run()
    [event] = await begun.news()
    [delivered] = await begun.host.push(begun.churn.id, pushed.push_id)

    assert event.id == delivered.id
    assert (event.source, event.delivery) == ("azure-devops", f"{RECONCILED}{event.id}")
    await begun.handle(stamped(delivered), EventOrigin.OUTSIDE)
    assert await begun.news() == [event]


async def test_what_a_delivery_brought_before_is_no_news(begun):
    first, second = begun.push(), begun.push(content="2")
    await begun.hooked(second)

    assert await begun.reconcile.run() == 1
    assert sorted(pushes(await begun.news())) == [first.push_id, second.push_id]


async def test_the_mark_is_ours_and_not_the_highest_that_was_delivered(begun):
    """On probation a subscription tries one event now and then: those between are lost."""
    lost = [begun.push(content=str(number)) for number in range(3)]
    await begun.hooked(begun.push(content="tried"))

    assert await begun.reconcile.run() == len(lost)


async def test_the_first_time_the_head_of_the_release_branch_is_found_and_nothing_older(world):
    world.push(content="old")
    head = world.push(content="head")
    world.push("dev", content="other")

    await world.reconcile.run()
    assert pushes(await world.news()) == [head.push_id]
    assert world.indexed == [("churn", head.commits[0])]
    after = world.push("dev", content="after")
    await world.reconcile.run()
    assert pushes(await world.news()) == [head.push_id, after.push_id]


async def test_a_repository_that_has_a_release_is_looked_at_from_now_on(world):
    head = world.push(content="old")
    await world.hooked(head)
    world.push(content="never delivered, before the first look")

    await world.reconcile.run()
    assert pushes(await world.news()) == [head.push_id]


async def test_a_repository_that_comes_on_board_is_found_though_its_push_was_told_before(world):
    fraud = world.lending.repository("fraud")
    head = world.push(repository=fraud)
    await world.hooked(head)  # by the project's subscription: nobody knew the repository
    assert await world.news("fraud") == []

    world.know(fraud)
    await world.reconcile.run()
    [event] = await world.news("fraud")
    opened = [each for each in await world.events("fraud") if isinstance(each, ReleaseOpened)]
    assert event.push_id == head.push_id
    assert len(opened) == 1
    await world.reconcile.run()
    assert len(await world.news("fraud")) == 1


async def test_force_pushes_and_deleted_branches_are_told_as_they_were(begun):
    begun.push(content="1")
    start = begun.push("dev", content="2")
    forced = begun.churn.push(
        by=begun.anna, files={"b.py": "3"}, branch="dev", start=start.ref_updates[0].old
        if start.ref_updates[0].old.strip("0") else begun.churn.head(),
    )  # fmt: skip
    gone = begun.churn.delete_branch("dev", by=begun.anna)
    begun.churn.prune()

    assert await begun.reconcile.run() == 4
    assert pushes(await begun.news())[-2:] == [forced.push_id, gone.push_id]
    assert isinstance((await begun.news())[-1], BranchDeleted)


async def test_pull_requests_are_told_when_they_change_and_not_again(begun):
    begun.push()
    begun.push("dev", content="2")
    opened = begun.churn.pull_requests.create("dev", by=begun.anna)
    await begun.reconcile.run()

    def told(events):
        return [each.status for each in events if isinstance(each, PullRequestChanged)]

    assert told(await begun.news()) == ["active"]
    mark = begun.devops.calls.mark()
    assert await begun.reconcile.run() == 0
    assert len(begun.devops.calls.since(mark).to("GET", "/pullRequests/")) == 0
    opened.complete(by=begun.anna)
    await begun.reconcile.run()
    await begun.reconcile.run()
    assert told(await begun.news()) == ["active", "completed"]


@pytest.mark.parametrize("minutes", [-5, 5])
async def test_a_clock_five_minutes_off_loses_nothing(world, minutes):
    world.clock_error = timedelta(minutes=minutes)
    await world.reconcile.run()
    world.push()
    world.push("dev", content="2")
    opened = world.churn.pull_requests.create("dev", by=world.anna)
    await world.reconcile.run()
    opened.complete(by=world.anna)
    await world.reconcile.run()

    statuses = [e.status for e in await world.news() if isinstance(e, PullRequestChanged)]
    assert statuses == ["active", "completed"]
    assert len(pushes(await world.news())) == 3


async def test_two_that_look_at_once_tell_each_event_once(begun, tmp_path):
    pushed = [begun.push(content=str(number)).push_id for number in range(6)]
    begun.push("dev", content="2")
    begun.churn.pull_requests.create("dev", by=begun.anna)
    other = SqlStore(f"sqlite:///{tmp_path}/store.db")
    second = begun.a_reconciler(other, begun.a_handle(other))

    await asyncio.gather(begun.reconcile.run(), second.run())
    await other.close()
    found = await begun.news()
    assert pushes(found)[:6] == pushed
    assert len({event.id for event in found}) == len(found) == 8


@pytest.mark.parametrize("way", ["disabled", "deleted", "unseen"])
async def test_a_repository_that_is_away_stops_no_other(begun, way):
    fraud = begun.lending.repository("fraud")
    begun.know(fraud)
    await begun.reconcile.run()
    begun.push(repository=fraud)
    pushed = begun.push()
    if way == "disabled":
        fraud.disable()
    elif way == "deleted":
        begun.lending.delete(fraud)
    else:
        begun.devops.access.deny(SLUSS, Right.CODE_READ, at=fraud.id)

    await begun.reconcile.run()
    assert pushes(await begun.news()) == [pushed.push_id]
    [trouble] = begun.troubles.open.values()
    assert "fraud" in trouble.says
    assert "platform.yml" in trouble.says


async def test_one_that_comes_back_is_looked_at_from_where_it_was(begun):
    begun.push(content="1")
    begun.churn.disable()
    await begun.reconcile.run()
    assert await begun.news() == []

    begun.churn.enable()
    begun.push(content="2")
    assert await begun.reconcile.run() == 2
    assert begun.troubles.open == {}


async def test_one_that_does_not_answer_is_tried_again_and_stops_no_other(begun):
    fraud = begun.lending.repository("fraud")
    begun.know(fraud)
    await begun.reconcile.run()
    begun.push(content="1")
    begun.push(repository=fraud)
    begun.devops.faults.on("GET", f"/{begun.churn.id}/pushes", faults.answer(503))

    with pytest.raises(UnavailableError):
        await begun.reconcile.run()
    assert len(await begun.news("fraud")) == 1
    assert await begun.reconcile.run() == 1


async def test_what_is_tried_again_soon_is_only_what_was_left_over(begun):
    fraud = begun.lending.repository("fraud")
    begun.know(fraud)
    await begun.reconcile.run()
    begun.push(repository=fraud)
    fault = begun.devops.faults.on("GET", f"/{fraud.id}/pushes$", faults.answer(503), times=3)
    with pytest.raises(UnavailableError):
        await begun.reconcile.run()
    mark = begun.devops.calls.mark()
    for _ in range(2):
        with pytest.raises(UnavailableError):
            await begun.reconcile.go_on()
    assert len(begun.devops.calls.since(mark)) == 2

    begun.push()
    assert await begun.reconcile.go_on() == 1
    assert fault.times == 0
    assert await begun.reconcile.go_on() == 1
    assert len(await begun.news()) == 1


async def test_one_that_never_answers_keeps_no_other_from_being_looked_at(begun):
    fraud = begun.lending.repository("fraud")
    begun.know(fraud)
    await begun.reconcile.run()
    begun.devops.faults.on("GET", f"/{fraud.id}/pushes", faults.answer(503), times=faults.ALWAYS)
    with pytest.raises(UnavailableError):
        await begun.reconcile.go_on()
    begun.push()
    begun.clock_error = timedelta(hours=1)
    with pytest.raises(UnavailableError):
        await begun.reconcile.go_on()
    assert len(await begun.news()) == 1


async def test_a_missing_right_at_one_project_is_a_trouble_and_stops_no_other(begun):
    risk = begun.devops.project("risk").repository("fraud")
    begun.know(risk)
    await begun.reconcile.run()
    begun.devops.access.deny(SLUSS, Right.PROJECT_READ, at=risk.project.id)
    begun.push()

    assert await begun.reconcile.run() == 1
    assert any("risk" in name for name in begun.troubles.open)
    begun.devops.access.allow(SLUSS, Right.PROJECT_READ, at=risk.project.id)
    await begun.reconcile.run()
    assert begun.troubles.open == {}


async def test_repositories_that_platform_yml_lacks_are_told_once(begun):
    begun.devops.project("risk").repository("fraud-score")
    begun.devops.project("hr").repository("closed").disable()
    await begun.reconcile.run()
    await begun.reconcile.run()

    [event] = await begun.told(RepositoriesFound)
    assert [(each.project, each.name) for each in event.repositories] == [("risk", "fraud-score")]
    begun.devops.project("new").repository("newer")
    await begun.reconcile.run()
    assert len(await begun.told(RepositoriesFound)) == 2


async def test_repositories_of_this_machine_are_not_looked_for(world, tmp_path):
    local = world.lending.repository("local")
    world.know(local, location=str(tmp_path))
    world.push(repository=local)
    await world.reconcile.run()
    assert await world.news("local") == []


async def test_an_error_of_the_index_does_not_lose_the_release(world):
    head = world.push()

    async def no_index(_repository, _commit):
        raise StepFailedError("no index here")

    world.reconcile._index = no_index
    await world.reconcile.run()
    assert pushes(await world.news()) == [head.push_id]


async def test_without_news_it_costs_a_call_per_repository_and_two_per_project(world):
    for name in ("risk", "retail"):
        project = world.devops.project(name)
        for number in range(4):
            world.know(project.repository(f"{name}{number}"))
    world.push()
    await world.reconcile.run()
    mark = world.devops.calls.mark()

    assert await world.reconcile.run() == 0
    assert len(world.devops.calls.since(mark)) == 9 + 2 * 3 + 1


async def test_a_kill_in_the_middle_loses_nothing(begun, tmp_path):
    pushed = [begun.push(content=str(number)).push_id for number in range(8)]
    held = begun.devops.faults.on(
        "GET", r"/pushes/\d+$", faults.hang(), skip=3, times=faults.ALWAYS
    )
    root = Path(__file__).parents[3]
    args = (begun.devops.address, begun.devops.token, f"sqlite:///{tmp_path}/store.db")
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.workers.watch.reconciling", *args, begun.churn.id,
        cwd=root, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip

    async def has_begun():
        return len(await begun.news()) == 3

    await until(has_begun)
    killed.kill()
    await killed.wait()
    held.times = 0

    assert pushes(await begun.news()) == pushed[:3]
    await begun.reconcile.run()
    assert pushes(await begun.news()) == pushed
