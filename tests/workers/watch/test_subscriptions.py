"""Service hooks in trouble: the platform team is told, what was lost is found, the dead are replaced."""

import asyncio

import pytest

from adapters.azure_devops.subscriptions import AzureDevOpsSubscriptions, HookTarget
from core.events.desk import SubscriptionsChanged
from core.events.outside import CodePushed
from core.hooks import WANTED, compare
from core.ports.host_events import RECONCILED, HostProject
from core.words import HookCondition
from tests.peers.azure_devops import AzureDevOpsPeer, Right
from tests.peers.azure_devops.hooks import (
    BY_SYSTEM,
    BY_USER,
    ENABLED,
    ON_PROBATION,
    Hooks,
)
from tests.peers.azure_devops.world import SLUSS
from tests.workers.watch.devops_world import DevOpsWorld, until
from tests.workers.watch.gateway import SECRET, Gateway
from workers.watch.subscriptions import SubscriptionWatch


class Watched:
    """The world with a gateway, its subscriptions and who looks at them."""

    def __init__(self, world: DevOpsWorld, gateway: Gateway) -> None:
        self.world = world
        self.gateway = gateway
        self.hooks = Hooks.of(world.devops)
        self.hooks.takes_loopback = True
        self.hooks.scale = 0.0005
        target = HookTarget(url=gateway.url, user="sluss", secret=SECRET)
        self.subscriptions = AzureDevOpsSubscriptions(world.client, target)
        self.watch = self.a_watch()
        self.lending = HostProject(id=world.lending.id, name="lending")

    def a_watch(self) -> SubscriptionWatch:
        world = self.world
        return SubscriptionWatch(
            self.subscriptions, world.host, world.handle, world.store, world.reconcile.run
        )

    async def install(self, project: HostProject | None = None) -> None:
        for hook in WANTED:
            await self.subscriptions.add(project or self.lending, hook)

    def of(self, event: str):
        [found] = [e for e in self.hooks.subscriptions.values() if e.event_type == event]
        return found

    async def ails(self) -> dict[str, HookCondition]:
        looks = compare([self.lending], await self.subscriptions.here())
        return {
            each.hook.event: each.condition
            for each in looks
            if each.condition is not HookCondition.WELL
        }

    async def told(self) -> list[SubscriptionsChanged]:
        return await self.world.told(SubscriptionsChanged)


@pytest.fixture
async def watched(tmp_path):
    async with AzureDevOpsPeer(tmp_path / "organisation") as devops:
        world = DevOpsWorld(tmp_path, devops)
        await world.reconcile.run()
        async with Gateway(world, tmp_path) as gateway:
            yield Watched(world, gateway)
        await world.close()


@pytest.fixture
async def installed(watched):
    await watched.install()
    await watched.watch.look()
    return watched


def pushed(events):
    return [event for event in events if isinstance(event, CodePushed)]


async def test_a_push_comes_by_the_hook_and_is_the_one_that_is_listed(installed):
    world = installed.world
    push = world.push()

    async def is_here():
        return len(await world.news()) == 1

    await until(is_here)
    [event] = pushed(await world.news())
    assert (event.push_id, event.pusher) == (push.push_id, "anna.berg@bank.example")
    assert event.delivery == f"{installed.of('git.push').id}/1"
    assert await world.reconcile.run() == 0


async def test_five_pushes_while_a_hook_is_on_probation_all_come_once(installed):
    """One 500 is enough; the others are lost for good, and are found when the hook is well again."""
    world, hook = installed.world, installed.of("git.push")
    installed.hooks.scale = 0.001
    installed.gateway.fails_with = 500
    world.push(content="the one that fails")

    async def is_restricted():
        return hook.status == ON_PROBATION

    await until(is_restricted)
    lost = [world.push(content=str(number)) for number in range(5)]
    await installed.watch.look()
    [told] = await installed.told()
    assert [(each.hook, each.condition) for each in told.troubles] == [
        ("git.push", HookCondition.RESTRICTED)
    ]

    installed.gateway.fails_with = 0

    async def is_well():
        return hook.status == ENABLED

    await until(is_well)
    await installed.watch.look()
    found = pushed(await world.news())
    assert [event.push_id for event in found][-5:] == [push.push_id for push in lost]
    assert len({event.id for event in found}) == len(found) == 6
    assert all(event.delivery.startswith(RECONCILED) for event in found[-5:])
    assert (await installed.told())[-1].troubles == ()


async def test_what_answers_503_is_tried_again_and_nothing_is_restricted(installed):
    world = installed.world
    installed.gateway.fails_with = 503
    world.push()

    async def was_tried():
        return installed.gateway.seen >= 2

    await until(was_tried)
    installed.gateway.fails_with = 0

    async def is_here():
        return len(await world.news()) == 1

    await until(is_here)
    assert installed.of("git.push").status == ENABLED


async def test_after_seven_failures_it_is_disabled_and_replaced_and_nothing_is_lost(installed):
    world, old = installed.world, installed.of("git.push")
    installed.hooks.scale = 0.00001
    installed.gateway.fails_with = 500
    lost = [world.push(content="1")]

    async def is_disabled():
        return old.status == BY_SYSTEM

    await until(is_disabled)
    lost.append(world.push(content="2"))
    installed.gateway.fails_with = 0
    await installed.watch.look()

    new = installed.of("git.push")
    assert (new.id != old.id, new.status, new.created_by) == (True, ENABLED, SLUSS)
    assert [e.push_id for e in pushed(await world.news())] == [push.push_id for push in lost]
    [told] = await installed.told()
    assert [(each.condition, each.is_replaced) for each in told.troubles] == [
        (HookCondition.DISABLED_BY_SYSTEM, True)
    ]
    await installed.watch.look()
    assert (await installed.told())[-1].troubles == ()


async def test_one_410_disables_at_once(installed):
    installed.gateway.fails_with = 410
    installed.world.push()

    async def is_disabled():
        return installed.of("git.push").status == BY_SYSTEM

    await until(is_disabled)
    assert await installed.ails() == {"git.push": HookCondition.DISABLED_BY_SYSTEM}


async def test_those_of_somebody_who_left_are_replaced_by_ours(watched):
    ben = watched.world.anna
    for hook in WANTED:
        watched.hooks.by_hand(watched.world.lending, hook.event, watched.gateway.url, by=ben)
    await watched.watch.look()
    assert await watched.told() == []
    assert len(watched.hooks.subscriptions) == len(WANTED)  # none was added beside them

    watched.hooks.leave(ben)
    await watched.watch.look()
    assert {each.created_by for each in watched.hooks.subscriptions.values()} == {SLUSS}
    assert await watched.ails() == {}


@pytest.mark.parametrize("status", ["Enabled", "ENABLED"])
async def test_a_state_counts_whatever_its_case(installed, status):
    installed.hooks.disable(installed.of("git.push"), status)
    assert await installed.ails() == {}


async def test_of_a_state_that_nobody_knows_nothing_is_replaced(installed):
    installed.hooks.disable(installed.of("git.push"), "onHoliday")
    await installed.watch.look()
    assert await installed.ails() == {"git.push": HookCondition.RESTRICTED}
    assert installed.of("git.push").status == "onHoliday"


async def test_what_a_person_disabled_by_hand_stays_and_is_told(installed):
    hook = installed.of("build.complete")
    installed.hooks.disable(hook, BY_USER)
    await installed.watch.look()

    assert installed.of("build.complete") is hook
    [told] = await installed.told()
    assert [(e.hook, e.condition, e.is_replaced) for e in told.troubles] == [
        ("build.complete", HookCondition.DISABLED_BY_HAND, False)
    ]


async def test_a_project_without_any_is_told_and_the_same_is_told_once(watched):
    for _ in range(3):
        await watched.watch.look()

    [told] = await watched.told()
    assert {each.project for each in told.troubles} == {"lending"}
    assert {each.condition for each in told.troubles} == {HookCondition.MISSING}
    assert len(told.troubles) == len(WANTED)
    await watched.install()
    await watched.watch.look()
    assert [bool(each.troubles) for each in await watched.told()] == [True, False]


async def test_two_that_look_at_once_tell_once_and_leave_one_hook_of_each(installed):
    installed.hooks.disable(installed.of("git.push"), BY_SYSTEM)
    other = installed.a_watch()
    await asyncio.gather(installed.watch.look(), other.look())
    await installed.watch.look()

    assert installed.of("git.push").status == ENABLED
    assert await installed.ails() == {}
    assert (await installed.told())[-1].troubles == ()


async def test_doubled_ones_are_told_and_what_people_made_is_kept(installed):
    world = installed.world
    made = installed.hooks.by_hand(world.lending, "git.push", installed.gateway.url, by=world.anna)
    second = installed.hooks.by_hand(
        world.lending, "git.push", installed.gateway.url, by=world.anna
    )
    await installed.watch.look()
    left = {e for e in installed.hooks.subscriptions.values() if e.event_type == "git.push"}
    assert left == {made, second}
    [told] = await installed.told()
    assert told.troubles[0].condition is HookCondition.DOUBLED


async def test_without_the_right_it_is_told_and_nothing_ends(installed):
    installed.world.devops.access.deny(
        SLUSS, Right.SUBSCRIPTIONS_EDIT, at=installed.world.lending.id
    )
    hook = installed.of("git.push")
    installed.hooks.disable(hook, BY_SYSTEM)
    await installed.watch.look()

    assert installed.of("git.push") is hook
    [told] = await installed.told()
    assert [(e.condition, e.is_replaced) for e in told.troubles] == [
        (HookCondition.DISABLED_BY_SYSTEM, False)
    ]


async def test_a_project_of_which_nothing_is_ours_is_not_asked_about(installed):
    installed.world.devops.project("hr").repository("pay")
    await installed.watch.look()
    assert await installed.told() == []
