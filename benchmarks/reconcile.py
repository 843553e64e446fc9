"""Measures what it costs to look for what no delivery brought, in an organisation without news.

``python benchmarks/reconcile.py`` runs our own reconciler, store and handle on 150 repositories in
30 projects of the peer of Azure DevOps, over the real SDK and HTTP, and counts its requests.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.host_events import AzureDevOpsEvents
from adapters.sql_store import SqlStore
from core.again import Troubles
from core.handle import Handle
from core.platform import Platform, Repository
from core.policy import Policy
from core.words import Stream
from tests.peers.azure_devops import AzureDevOpsPeer, person
from workers.watch.reconcile_pushes import ReconcilePushes

MORE: Final = 10  # calls that the aim leaves for all repositories together


def organisation(devops: AzureDevOpsPeer, repositories: int, projects: int) -> Platform:
    """Fill the organisation: every repository has a push."""
    anna = devops.join(person("Anna Berg", "anna.berg@bank.example"))
    known = []
    made = [devops.project(f"team{number}") for number in range(projects)]
    for number in range(repositories):
        repository = made[number % projects].repository(f"model{number}")
        repository.push(by=anna, files={"src/train.py": f"# {number}"})
        name = Stream(repository.name)
        known.append(Repository(id=repository.id, name=name, team=repository.project.name))
    return Platform(repositories=tuple(known))


async def measure(folder: Path, repositories: int, projects: int) -> None:
    async with AzureDevOpsPeer(folder / "organisation") as devops:
        platform = await asyncio.to_thread(organisation, devops, repositories, projects)
        store = SqlStore(f"sqlite:///{folder}/store.db")
        handle = Handle(
            store,
            platform=lambda: platform,
            policy=Policy(),
            clock=lambda: datetime.now(UTC),
            is_local=False,
        )
        client = AzureDevOps(AzureDevOpsSettings(address=devops.address, token=devops.token))
        reconcile = ReconcilePushes(AzureDevOpsEvents(client), handle, store, Troubles())
        for name in ("first time", "without news"):
            mark, begun = devops.calls.mark(), time.perf_counter()
            news = await reconcile.run()
            calls, took_s = len(devops.calls.since(mark)), time.perf_counter() - begun
            print(f"{name}: {calls} calls, {news} events, {took_s:.2f} s")
        aim = repositories + 2 * projects + MORE
        print(f"aim without news: <= {aim} calls: {'met' if calls <= aim else 'MISSED'}")
        await client.close()
        await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", type=int, default=150)
    parser.add_argument("--projects", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), given.repositories, given.projects))


if __name__ == "__main__":
    main()
