"""``sluss rebuild``: fold every projection anew from the ledger."""

import asyncio
from pathlib import Path

from adapters.sql_store import SqlStore
from sluss.wiring.lock import one_process


def rebuild(home: Path) -> int:
    """How many events were folded; refused while a server runs on the same home."""
    with one_process(home):
        return asyncio.run(_rebuild(home))


async def _rebuild(home: Path) -> int:
    store = SqlStore(f"sqlite:///{home / 'store.db'}")
    try:
        return await store.rebuild()
    finally:
        await store.close()
