"""Where Azure DevOps slows an identity down, the platform team is told once a day."""

import pytest

from adapters.azure_devops import Right
from core.events.desk import HostSlowed
from tests.peers.azure_devops import AzureDevOpsPeer, faults
from tests.workers.watch.devops_world import DevOpsWorld
from workers.watch.pace import PaceWatch


@pytest.fixture
async def world(tmp_path):
    async with AzureDevOpsPeer(tmp_path) as devops:
        made = DevOpsWorld(tmp_path, devops)
        yield made
        await made.close()


@pytest.fixture
async def slowed(world: DevOpsWorld):
    """Ask a call that brings what was asked for, and this pause with it."""

    async def ask(seconds: int) -> None:
        world.devops.faults.on("GET", "projects", faults.slowed_down(seconds))
        await world.client.rest.get(Right.PROJECTS, "list the projects", "_apis", "projects")

    return ask


async def test_a_pause_that_is_worth_it_is_told_once(world: DevOpsWorld, slowed):
    watch = PaceWatch(world.host, world.handle)
    await slowed(120)
    await watch.look()
    await watch.look()

    [event] = await world.told(HostSlowed)
    assert event.seconds == pytest.approx(120, abs=2)


async def test_a_few_seconds_are_usual(world: DevOpsWorld, slowed):
    watch = PaceWatch(world.host, world.handle)
    await slowed(2)
    await watch.look()

    assert await world.told(HostSlowed) == []
