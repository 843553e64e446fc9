"""Where conversations are reached, kept beside the ledger: any process may post there later."""

import sqlalchemy as sa

from adapters.sql_store.beside import insert_into
from adapters.sql_store.schema import conversations, digest
from adapters.sql_store.store import SqlStore
from adapters.sql_store.writer import conversation_order


class SqlConversations:
    """Implements ``core.ports.Conversations``; one that moved is reached where it spoke last."""

    def __init__(self, store: SqlStore) -> None:
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
