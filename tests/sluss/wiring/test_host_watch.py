"""A worker looks at Azure DevOps by itself, where it is wired to one, and nobody does else."""

import asyncio
from contextlib import suppress
from types import SimpleNamespace

import pytest

from adapters.azure_devops.subscriptions import AzureDevOpsSubscriptions, HookTarget
from adapters.bare_repositories.host import BareRepositories
from adapters.clone_index.index import CloneIndexFile
from core.events.desk import SubscriptionsChanged
from core.policy import Policy
from sluss.wiring.host_watch import confirm_by_host, host_watches
from tests.peers.azure_devops import AzureDevOpsPeer
from tests.workers.watch.devops_world import DevOpsWorld, until
from workers.checkpoints import CheckpointDesk

TARGET = HookTarget(url="https://sluss.bank.example/hooks/azure-devops", user="s", secret="x")
CODE = "\n".join(f"value_{number} = make_{number}(other_{number})" for number in range(90))


@pytest.fixture
async def world(tmp_path):
    async with AzureDevOpsPeer(tmp_path) as devops:
        made = DevOpsWorld(tmp_path, devops)
        yield made
        await made.close()


def parts_of(world, **more):
    settings = SimpleNamespace(files=SimpleNamespace(policy=Policy()))
    host = {
        "host_events": world.host,
        "subscriptions": AzureDevOpsSubscriptions(world.client, TARGET),
        "git": BareRepositories({world.churn.id: world.churn.path}.get),
    }
    return SimpleNamespace(
        host=SimpleNamespace(**{**host, **more}),
        handle=world.handle,
        store=world.store,
        troubles=world.troubles,
        clones=CloneIndexFile(world.folder / "clones.db"),
        settings=settings,
    )


def watches_of(parts):
    desk = CheckpointDesk({}, parts.handle, parts.store, parts.troubles)
    return host_watches(parts, desk)


async def test_at_the_start_it_reconciles_indexes_and_looks_at_the_hooks(world):
    world.churn.push(by=world.anna, files={"src/train.py": CODE})
    parts = parts_of(world)
    tasks = [asyncio.create_task(each) for each in watches_of(parts)]

    async def is_done():
        return await parts.clones.repositories() and await world.told(SubscriptionsChanged)

    await until(is_done)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert len(await world.news()) == 1
    assert await parts.clones.repositories() == ("churn",)
    await parts.clones.close()
    assert confirm_by_host(parts) is not None


async def test_without_azure_devops_nobody_looks_and_nobody_is_asked(world):
    parts = parts_of(world, host_events=None, subscriptions=None)
    assert list(watches_of(parts)) == []
    assert confirm_by_host(parts) is None


async def test_without_subscriptions_of_ours_it_reconciles_all_the_same(world):
    watches = list(watches_of(parts_of(world, subscriptions=None)))
    assert len(watches) == 3  # pushes, the pace of the host, and pipelines that wait
    for each in watches:
        each.close()
