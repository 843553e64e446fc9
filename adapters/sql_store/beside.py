"""What is kept beside the ledger: effects (the first write wins) and which card is shown where."""

import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from adapters.sql_store.schema import cards, effects
from core.ports import ShownCard

T = TypeVar("T")


class Beside:
    """Effects and cards of the store; ``_read`` and ``_write`` come from the store itself."""

    async def _read(self, read: Callable[[sa.Connection], T]) -> T:
        raise NotImplementedError

    async def _write(self, write: Callable[[sa.Connection], T]) -> T:
        raise NotImplementedError

    async def effect(self, key: str, value: str) -> str:
        return await self._write(lambda connection: _first(connection, key, value))

    async def find_effect(self, key: str) -> str | None:
        query = sa.select(effects.c.value).where(effects.c.key == key)
        return await self._read(lambda connection: connection.scalar(query))

    async def lease_card(self, key: str, owner: str, lease_s: float) -> ShownCard | None:
        return await self._write(lambda connection: _lease(connection, key, owner, lease_s))

    async def keep_card(self, owner: str, shown: ShownCard) -> None:
        values = {
            "conversation": shown.conversation,
            "activity": shown.activity,
            "version": shown.version,
            "leased_until": 0.0,
        }
        await self._change(shown.key, owner, values)

    async def release_lease(self, key: str, owner: str) -> None:
        await self._change(key, owner, {"leased_until": 0.0})

    async def end_leases(self) -> None:
        """What a killed process leased; only for whoever alone shows cards."""
        update = sa.update(cards).values(leased_until=0.0)
        await self._write(lambda connection: connection.execute(update))

    async def cards_of(self, prefix: str) -> list[ShownCard]:
        query = sa.select(cards).where(cards.c.key.startswith(prefix, autoescape=True))
        rows = await self._read(lambda connection: connection.execute(query).all())
        return [_shown(row) for row in rows]

    async def _change(self, key: str, owner: str, values: dict[str, object]) -> None:
        """Only the holder of the lease writes: a late one changes nothing."""
        update = sa.update(cards).where(cards.c.key == key, cards.c.owner == owner).values(values)
        await self._write(lambda connection: connection.execute(update))


def _first(connection: sa.Connection, key: str, value: str) -> str:
    kept = connection.scalar(sa.select(effects.c.value).where(effects.c.key == key))
    if kept is not None:
        return str(kept)
    connection.execute(sa.insert(effects).values(key=key, value=value))
    return value


def _lease(connection: sa.Connection, key: str, owner: str, lease_s: float) -> ShownCard | None:
    now = time.time()
    row = connection.execute(sa.select(cards).where(cards.c.key == key)).first()
    if row is None:
        connection.execute(
            sa.insert(cards).values(key=key, owner=owner, leased_until=now + lease_s)
        )
        return ShownCard(key=key)
    if row.leased_until > now and row.owner != owner:
        return None
    connection.execute(
        sa.update(cards).where(cards.c.key == key).values(owner=owner, leased_until=now + lease_s)
    )
    return _shown(row)


def _shown(row: sa.Row[tuple[object, ...]]) -> ShownCard:
    return ShownCard(
        key=row.key, conversation=row.conversation, activity=row.activity, version=row.version
    )
