"""Where conversations are reached, kept beside the ledger: any process may post there later."""

import sqlalchemy as sa

from adapters.sql_store.schema import addresses
from adapters.sql_store.store import SqlStore
from core.conversation import Address

# Both databases read it; a conversation that moved is reached where it spoke last.
KEEP = sa.text(
    "INSERT INTO addresses (conversation, service_url, place, channel, tenant, bot) "
    "VALUES (:conversation, :service_url, :place, :channel, :tenant, :bot) "
    "ON CONFLICT (conversation) DO UPDATE SET service_url = excluded.service_url, "
    "place = excluded.place, channel = excluded.channel, tenant = excluded.tenant, "
    "bot = excluded.bot"
)


class SqlAddresses:
    """Implements ``core.conversation.AddressBook``."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def find_address(self, conversation: str) -> Address | None:
        query = sa.select(addresses).where(addresses.c.conversation == conversation)
        row = await self._store._read(lambda connection: connection.execute(query).first())
        if row is None:
            return None
        return Address(
            service_url=row.service_url,
            conversation=row.place,
            channel=row.channel,
            tenant=row.tenant,
            bot=row.bot,
        )

    async def keep_address(self, conversation: str, address: Address) -> None:
        """Every message tells it anew: only what changed is written."""
        if await self.find_address(conversation) == address:
            return
        values = {
            "conversation": conversation,
            "service_url": address.service_url,
            "place": address.conversation,
            "channel": address.channel,
            "tenant": address.tenant,
            "bot": address.bot,
        }
        await self._store._write(lambda connection: connection.execute(KEEP, values))
