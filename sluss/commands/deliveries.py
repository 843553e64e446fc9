"""``sluss deliveries``: what came from outside, and what became of it."""

import asyncio
from pathlib import Path

from adapters.sql_store import SqlStore
from core.ports import DeliveryRow


def deliveries(home: Path, limit: int) -> list[DeliveryRow]:
    """The newest first; it may be asked while the server runs."""
    return asyncio.run(_deliveries(home, limit))


async def _deliveries(home: Path, limit: int) -> list[DeliveryRow]:
    store = SqlStore(f"sqlite:///{home / 'store.db'}")
    try:
        return await store.deliveries(limit)
    finally:
        await store.close()
