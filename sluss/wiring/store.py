"""Opens the ledger and what is kept beside it, in SQLite or PostgreSQL."""

from adapters.sql_store import SqlSettings, SqlStore
from adapters.sql_store.reader import LedgerReader
from sluss.home.store_url import is_file, shown
from sluss.wiring.opening import Opening


async def open_store(url: str, opening: Opening) -> SqlStore:
    """Open the store to write; its first use brings the database up to this version."""
    store = SqlStore(SqlSettings(url=url))
    opening.closed_by(store.close)
    if is_file(url):
        opening.frees.append(store.end_leases)
    return store


def ledger_reader(url: str) -> LedgerReader:
    """Open the store to read, for commands; it creates nothing where there is no ledger."""
    return LedgerReader(url, shown(url))
