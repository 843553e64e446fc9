"""``sluss audit``: export the ledger, and verify an exported one without any server."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.errors import SettingsError
from core.ledger import Verdict, verify
from sluss.home.settings import store_from_environment
from sluss.wiring.store import ledger_reader

NO_FILE = "There is no file {path}. Nothing was verified; export one with `sluss audit export`."
EMPTY = (
    "{path} is empty. Nothing was verified: an empty file says nothing about a ledger; "
    "export one with `sluss audit export`."
)
CANNOT_WRITE = "{path} cannot be written ({why}). Nothing was exported; give another file."


def verify_file(path: Path, known: str = "") -> Verdict:
    """Raise LedgerBrokenError that names the line where the chain breaks.

    ``known`` is a head that was noted earlier, or "".
    """
    if not path.is_file():
        raise SettingsError(NO_FILE.format(path=path))
    if not path.stat().st_size:
        raise SettingsError(EMPTY.format(path=path))
    with path.open("rb") as lines:
        return verify(lines, known)


def export_file(home: Path, path: Path) -> int:
    """Write the whole ledger as JSON lines; it may be read while the server runs."""
    url = store_from_environment(home)
    try:
        with _whole(path) as file:
            return asyncio.run(_export(url, file))
    except OSError as error:
        raise SettingsError(CANNOT_WRITE.format(path=path, why=error.strerror)) from None


async def _export(url: str, file: BinaryIO) -> int:
    count = 0
    async with ledger_reader(url) as reader:
        async for line in reader.export():
            file.write(line)
            count += 1
    return count


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """Half an export would verify as a shorter ledger: the file is there once it is whole."""
    if path.exists() and not path.is_file():  # a pipe, or a terminal
        with path.open("wb") as file:
            yield file
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
