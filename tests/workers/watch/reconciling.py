"""A worker that reconciles once, in a process of its own, to be killed: ADDRESS TOKEN STORE ID."""

import asyncio
import sys
from datetime import UTC, datetime

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.host_events import AzureDevOpsEvents
from adapters.sql_store import SqlStore
from core.again import Troubles
from core.handle import Handle
from core.platform import Platform, Repository
from core.policy import Policy
from core.words import Stream
from workers.watch.reconcile_pushes import ReconcilePushes


async def main(address: str, token: str, url: str, repository: str) -> None:
    known = Repository(id=repository, name=Stream("churn"), team="lending")
    store = SqlStore(url)
    handle = Handle(
        store,
        platform=lambda: Platform(repositories=(known,)),
        policy=Policy(),
        clock=lambda: datetime.now(UTC),
        is_local=False,
    )
    client = AzureDevOps(AzureDevOpsSettings(address=address, token=token))
    await ReconcilePushes(AzureDevOpsEvents(client), handle, store, Troubles()).run()


asyncio.run(main(*sys.argv[1:]))
