"""``sluss migrate``: bring the tables of the store up to this version, and say what was done."""

import asyncio

from adapters.sql_store import Migrated, SqlSettings, SqlStore

DONE = "The tables of {store} went from {before} to {after}:"
NOTHING = "The tables of {store} are at {after}, as this Sluss needs them. Nothing was changed."
EMPTY = "an empty database"


def migrate(url: str) -> list[str]:
    """Lines for people. It waits for a server that does not answer yet, and for another start."""
    settings = SqlSettings(url=url)
    migrated = asyncio.run(_migrate(settings))
    store, before = settings.shown_url, migrated.before or EMPTY
    if not migrated.steps:
        return [NOTHING.format(store=store, after=migrated.after)]
    return [DONE.format(store=store, before=before, after=migrated.after), *migrated.steps]


async def _migrate(settings: SqlSettings) -> Migrated:
    store = SqlStore(settings)
    try:
        return await store.wait_until_ready()
    finally:
        await store.close()
