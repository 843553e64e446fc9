"""Where conversations are reached, kept beside the ledger: any process may post there later."""

import sqlalchemy as sa

from adapters.sql_store.schema import conversations
from adapters.sql_store.store import SqlStore

# Both databases read it; a conversation that moved is reached where it spoke last.
KEEP = sa.text(
    "INSERT INTO conversations (conversation, place) VALUES (:conversation, :place) "
    "ON CONFLICT (conversation) DO UPDATE SET place = excluded.place"
)


class SqlConversations:
    """Implements ``core.ports.Conversations``."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def find_place(self, conversation: str) -> str | None:
        query = sa.select(conversations.c.place).where(conversations.c.conversation == conversation)
        return await self._store._read(lambda connection: connection.execute(query).scalar())

    async def keep_place(self, conversation: str, place: str) -> None:
        if await self.find_place(conversation) == place:
            return
        values = {"conversation": conversation, "place": place}
        await self._store._write(lambda connection: connection.execute(KEEP, values))
