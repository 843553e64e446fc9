"""The ledger and what is kept beside it: SQLite in the home, or PostgreSQL."""

from adapters.sql_store import SqlSettings, SqlStore
from adapters.sql_store.reader import LedgerReader
from sluss.home.store_url import is_file, shown
from sluss.wiring.opening import Opening


async def open_store(url: str, opening: Opening) -> SqlStore:
    """To write: at its first use the database is brought up to this version."""
    store = SqlStore(SqlSettings(url=url))
    opening.closed_by(store.close)
    if is_file(url):
        opening.frees.append(store.end_leases)
    return store


def ledger_reader(url: str) -> LedgerReader:
    """To read: for commands, which make nothing where no ledger is."""
    return LedgerReader(url, shown(url))
