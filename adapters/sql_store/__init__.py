"""The store on SQL: SQLite on one machine, PostgreSQL by its URL."""

from adapters.sql_store.store import SqlStore

__all__ = ["SqlStore"]
