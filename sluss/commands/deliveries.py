"""``sluss deliveries``: what came from outside, and what became of it."""

import asyncio
from pathlib import Path

from core.ports import DeliveryRow
from sluss.home.settings import store_from_environment
from sluss.wiring.store import ledger_reader


def deliveries(home: Path, limit: int) -> list[DeliveryRow]:
    """The newest first; it may be asked while the server runs."""
    return asyncio.run(_deliveries(store_from_environment(home), limit))


async def _deliveries(url: str, limit: int) -> list[DeliveryRow]:
    async with ledger_reader(url) as reader:
        return await reader.deliveries(limit)
