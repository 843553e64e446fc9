"""``sluss rebuild``: fold every projection anew from the ledger."""

import asyncio
from contextlib import AsyncExitStack, nullcontext
from pathlib import Path

from sluss.home.settings import store_from_environment
from sluss.home.store_url import is_file
from sluss.wiring.lock import one_process
from sluss.wiring.opening import Opening
from sluss.wiring.store import ledger_reader, open_store


def rebuild(home: Path) -> int:
    """How many events were folded.

    One transaction empties and fills the projections. A server on the same SQLite file would give
    up before that ends, so it must be down; PostgreSQL lets its servers wait.
    """
    url = store_from_environment(home)
    asyncio.run(_look(url))
    with one_process(home) if is_file(url) else nullcontext():
        return asyncio.run(_rebuild(url))


async def _look(url: str) -> None:
    """Nothing is made where no ledger is, not even a lock file."""
    async with ledger_reader(url):
        pass


async def _rebuild(url: str) -> int:
    async with AsyncExitStack() as closes:
        store = await open_store(url, Opening(closes))
        return await store.rebuild()
