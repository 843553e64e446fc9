"""``sluss audit``: export the ledger, and verify an exported one without any server."""

import asyncio
from pathlib import Path

from adapters.sql_store import SqlStore
from core.errors import SettingsError
from core.ledger import Verdict, verify

NO_FILE = "There is no file {path}. Nothing was verified; export one with `sluss audit export`."


def verify_file(path: Path, known: str = "") -> Verdict:
    """Raise LedgerBrokenError that names the line where the chain breaks.

    ``known`` is a head that was noted earlier, or "".
    """
    if not path.is_file():
        raise SettingsError(NO_FILE.format(path=path))
    with path.open("rb") as lines:
        return verify(lines, known)


def export_file(home: Path, path: Path) -> int:
    """Write the whole ledger as JSON lines; it may be read while the server runs."""
    return asyncio.run(_export(home, path))


async def _export(home: Path, path: Path) -> int:
    store = SqlStore(f"sqlite:///{home / 'store.db'}")
    count = 0
    try:
        with path.open("wb") as file:
            async for line in store.export():
                file.write(line)
                count += 1
    finally:
        await store.close()
    return count
