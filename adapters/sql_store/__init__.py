"""The store on SQL: SQLite on one machine, PostgreSQL where many processes share it."""

from adapters.sql_store.engine import SqlSettings
from adapters.sql_store.migrate import Migrated
from adapters.sql_store.store import SqlStore

__all__ = ["Migrated", "SqlSettings", "SqlStore", "build"]


async def build(settings: SqlSettings) -> SqlStore:
    """Return the store when the database answers and its tables are those of this version."""
    return await SqlStore.open(settings)
