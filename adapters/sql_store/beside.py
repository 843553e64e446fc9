"""What is kept beside the ledger: effects (the first write wins), notes, and where cards are shown.

Each write is one statement that decides who wins, so that it holds among all processes.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql_store.schema import cards, conversations, digest, effects, notes
from adapters.sql_store.writer import (
    CARDS,
    card_order,
    conversation_order,
    effect_order,
    note_order,
)
from core.ports import ShownCard

T = TypeVar("T")


class Beside:
    """Effects, notes and cards of the store; ``SqlStore`` has ``_read`` and ``_write``."""

    async def _read(self, read: Callable[[sa.Connection], T]) -> T:
        raise NotImplementedError

    async def _write(self, order: tuple[int, str], write: Callable[[sa.Connection], T]) -> T:
        raise NotImplementedError

    async def effect(self, key: str, value: str) -> str:
        return await self._write(effect_order(key), lambda found: _first(found, key, value))

    async def find_effect(self, key: str) -> str | None:
        return await self._read(lambda connection: _effect(connection, key))

    async def note(self, key: str) -> str | None:
        is_it = notes.c.key_digest == digest(key)
        query = sa.select(notes.c.value).where(is_it)
        return await self._read(lambda connection: connection.scalar(query))

    async def keep_note(self, key: str, value: str) -> None:
        await self._write(note_order(key), lambda found: _note(found, key, value))

    async def drop_note(self, key: str) -> None:
        drop = sa.delete(notes).where(notes.c.key_digest == digest(key))
        await self._write(note_order(key), lambda connection: connection.execute(drop))

    async def lease_card(self, key: str, owner: str, lease_s: float) -> ShownCard | None:
        return await self._write(card_order(key), lambda found: _lease(found, key, owner, lease_s))

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

    async def find_card(self, key: str) -> ShownCard | None:
        query = sa.select(cards).where(cards.c.key_digest == digest(key), cards.c.activity != "")
        found = await self._read(lambda connection: connection.execute(query).first())
        return None if found is None else _shown(found)

    async def end_leases(self) -> None:
        """End the leases of a killed process; only the sole process that shows cards may do so."""
        update = sa.update(cards).values(leased_until=0.0)
        await self._write(CARDS, lambda connection: connection.execute(update))

    async def _change(self, key: str, owner: str, values: dict[str, object]) -> None:
        """Change the card only if the lease is still the owner's: a late owner changes nothing."""
        is_held = (cards.c.key_digest == digest(key), cards.c.owner == owner)
        update = sa.update(cards).where(*is_held).values(values)
        await self._write(card_order(key), lambda connection: connection.execute(update))


def _first(connection: sa.Connection, key: str, value: str) -> str:
    row = {"key_digest": digest(key), "key": key, "value": value}
    insert = insert_into(connection, effects).values(row)
    connection.execute(insert.on_conflict_do_nothing(index_elements=["key_digest"]))
    return str(_effect(connection, key))


def _effect(connection: sa.Connection, key: str) -> str | None:
    return connection.scalar(sa.select(effects.c.value).where(effects.c.key_digest == digest(key)))


def _note(connection: sa.Connection, key: str, value: str) -> None:
    row = {"key_digest": digest(key), "key": key, "value": value}
    insert = insert_into(connection, notes).values(row)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["key_digest"], set_={"value": insert.excluded.value}
        )
    )


def _lease(connection: sa.Connection, key: str, owner: str, lease_s: float) -> ShownCard | None:
    """Lease a new card, one whose lease ran out, or one's own; None when another holds it."""
    now = _now(connection)
    row = {"key_digest": digest(key), "key": key, "owner": owner, "leased_until": now + lease_s}
    insert = insert_into(connection, cards).values(row)
    lease = insert.on_conflict_do_update(
        index_elements=["key_digest"],
        set_={"owner": owner, "leased_until": now + lease_s},
        where=sa.or_(cards.c.leased_until <= now, cards.c.owner == owner),
    ).returning(cards)
    found = connection.execute(lease).first()
    return None if found is None else _shown(found)


def _now(connection: sa.Connection) -> sa.ColumnElement[float]:
    """Return the database's clock in seconds since 1970, read after any wait for the row."""
    if connection.dialect.name == "postgresql":
        return sa.literal_column("extract(epoch FROM clock_timestamp())", sa.Double)
    return sa.literal_column("((julianday('now') - 2440587.5) * 86400.0)", sa.Double)


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """Return an INSERT that knows ON CONFLICT, which SQLAlchemy has once for each dialect."""
    is_sqlite = connection.dialect.name == "sqlite"
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)


def _shown(row: sa.Row[tuple[object, ...]]) -> ShownCard:
    return ShownCard(
        key=row.key, conversation=row.conversation, activity=row.activity, version=row.version
    )


class SqlConversations:
    """Implements ``core.ports.Conversations``; any process may post there later.

    A conversation that moved is reached where it spoke last.
    """

    def __init__(self, store: Beside) -> None:
        self._store = store

    async def find_place(self, conversation: str) -> str | None:
        is_it = conversations.c.conversation_digest == digest(conversation)
        query = sa.select(conversations.c.place).where(is_it)
        return await self._store._read(lambda connection: connection.execute(query).scalar())

    async def keep_place(self, conversation: str, place: str) -> None:
        if await self.find_place(conversation) == place:
            return
        order = conversation_order(conversation)
        await self._store._write(order, lambda found: _keep(found, conversation, place))


def _keep(connection: sa.Connection, conversation: str, place: str) -> None:
    key = {"conversation_digest": digest(conversation), "conversation": conversation}
    insert = insert_into(connection, conversations).values(**key, place=place)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["conversation_digest"], set_={"place": insert.excluded.place}
        )
    )
