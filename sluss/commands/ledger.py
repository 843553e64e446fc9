"""Works on the ledger for ``sluss audit``, ``deliveries``, ``rebuild`` and ``migrate``."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from adapters.sql_store import Migrated, SqlSettings, SqlStore
from core.count import count
from core.errors import SettingsError, StoreUnavailableError
from core.ports import DeliveryRow
from core.verify import Redaction, Verdict, verify
from sluss.home.settings import store_from_environment
from sluss.home.store_url import is_file
from sluss.home.this_program import this_program
from sluss.wiring.lock import one_process
from sluss.wiring.opening import Opening
from sluss.wiring.store import ledger_reader, open_store

NO_FILE = (
    "There is no file {path}. Nothing was verified; export one with `sluss audit export FILE`."
)
EMPTY = (
    "{path} is empty. Nothing was verified: an empty file says nothing about a ledger; "
    "export one with `sluss audit export FILE`."
)
CANNOT_READ = "{path} cannot be read ({why}). Nothing was verified."
UNSEEN = (
    "Without --head nobody can see whether lines are missing at the end, or whether its end or all "
    "of it was written anew; positions, and data and cause of redacted lines, are under no hash."
)
SEEN_WITH_HEAD = (
    "The head that was noted is in it: nothing was changed up to there. What came later may be cut "
    "off or written anew; positions, and data and cause of redacted lines, are under no hash."
)
REDACTED = "Redacted: {count} of them. What they said cannot be verified."
NOTE_HEAD = (
    "Note it in another place: a ledger that was cut off at its end verifies without it. With it "
    "a later export of the same name has to hold it:\n  {again}"
)
EXPORTED = "Written to {path}: {entries}."
LONGEST_LINE = 64 * 1024 * 1024
CANNOT_WRITE = "{path} cannot be written ({why}). Nothing was exported; give another file."
MIGRATED = "The tables of {store} went from {before} to {after}:"
UP_TO_DATE = "The tables of {store} are at {after}, as this Sluss needs them. Nothing was changed."
NO_HOME = (
    "There is no folder {folder}. Nothing was migrated and nothing was made; name the home with "
    "--home, or make one with its first start: `sluss up`."
)
NOT_OPENED = (
    "No ledger can be opened at {store}. Nothing was migrated; see whether it is a file of Sluss "
    "that this user may write, or name another home with --home."
)
NO_TABLES = "an empty database"


def verify_file(path: Path, known: str = "") -> Verdict:
    """Verify an exported ledger. Raise LedgerBrokenError, which names the line where it breaks.

    ``known`` is a head of the hash chain that was noted earlier, or "".
    """
    try:
        if not path.is_file():
            raise SettingsError(NO_FILE.format(path=path))
        if not path.stat().st_size:
            raise SettingsError(EMPTY.format(path=path))
        with path.open("rb") as file:
            return verify(_lines(file), known)
    except OSError as error:
        raise SettingsError(CANNOT_READ.format(path=path, why=error.strerror)) from None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines; one of a file that is no ledger may be as long as the file."""
    while line := file.readline(LONGEST_LINE):
        yield line


def told(path: Path, known: str) -> Iterator[str]:
    """Verify a file and yield what that says, for people, beginning with what it cannot see."""
    found = verify_file(path, known)
    yield SEEN_WITH_HEAD if known else UNSEEN
    entries = count(found.entries, "entry", "entries")
    yield f"The ledger verifies: {entries} of {count(found.streams, 'stream')}."
    if found.redactions:
        yield REDACTED.format(count=len(found.redactions))
    yield from map(_redacted, found.redactions)
    yield f"Head: {found.head}"
    if not known:
        again = this_program()("audit", "verify", str(path.absolute()), "--head", found.head)
        yield NOTE_HEAD.format(again=again)


def exported(path: Path, entries: int) -> str:
    """Say what was written, and how to verify it; a pipe holds nothing to be verified."""
    written = EXPORTED.format(path=path, entries=count(entries, "entry", "entries"))
    if not path.is_file():
        return written
    verify_it = this_program()("audit", "verify", str(path.absolute()))
    return f"{written}\nVerify it:\n  {verify_it}"


def _redacted(found: Redaction) -> str:
    """A name is written in ASCII: it may hold what a terminal would obey."""
    return (
        f"  redacted: position {found.position}, {ascii(found.type)[1:-1]}, {ascii(found.id)[1:-1]}"
    )


def export_file(home: Path, path: Path) -> int:
    """Write the whole ledger as JSON lines; it may be read while the server runs."""
    url = store_from_environment(home)
    try:
        with _whole(path) as file:
            return asyncio.run(_export(url, file))
    except OSError as error:
        raise SettingsError(CANNOT_WRITE.format(path=path, why=error.strerror)) from None


async def _export(url: str, file: BinaryIO) -> int:
    written = 0
    async with ledger_reader(url) as reader:
        async for line in reader.export():
            file.write(line)
            written += 1
    return written


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """Write a draft and move it into place, as half an export would verify as a shorter ledger."""
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


def rebuild(home: Path) -> int:
    """Fold every projection anew from the ledger; return how many events were folded.

    One transaction empties and fills the projections. A server on the same SQLite file would give
    up before that ends, so it must be down; PostgreSQL lets its servers wait.
    """
    url = store_from_environment(home)
    asyncio.run(_look(url))
    with one_process(home) if is_file(url) else nullcontext():
        return asyncio.run(_rebuild(url))


async def _look(url: str) -> None:
    """Read the whole ledger, so that one that is not there or cannot be folded is left alone."""
    async with ledger_reader(url) as reader:
        await reader.try_all()


async def _rebuild(url: str) -> int:
    async with AsyncExitStack() as closes:
        store = await open_store(url, Opening(closes))
        return await store.rebuild()


def deliveries(home: Path, limit: int) -> list[DeliveryRow]:
    """Return the newest deliveries first; it may be asked while the server runs."""
    return asyncio.run(_deliveries(store_from_environment(home), limit))


async def _deliveries(url: str, limit: int) -> list[DeliveryRow]:
    async with ledger_reader(url) as reader:
        return await reader.deliveries(limit)


def migrate(url: str) -> list[str]:
    """Bring the tables up to this version; return what was done, in lines for people.

    It waits for a server that does not answer yet, and for another process that migrates.
    """
    settings = SqlSettings(url=url)
    folder = Path(url.removeprefix("sqlite:///")).parent
    if is_file(url) and not folder.is_dir():
        raise SettingsError(NO_HOME.format(folder=folder))
    try:
        migrated = asyncio.run(_migrate(settings))
    except StoreUnavailableError:  # of a file, which nobody waits for
        raise SettingsError(NOT_OPENED.format(store=settings.shown_url)) from None
    store, before = settings.shown_url, migrated.before or NO_TABLES
    if not migrated.steps:
        return [UP_TO_DATE.format(store=store, after=migrated.after)]
    return [MIGRATED.format(store=store, before=before, after=migrated.after), *migrated.steps]


async def _migrate(settings: SqlSettings) -> Migrated:
    store = SqlStore(settings)
    try:
        return await store.wait_until_ready()
    finally:
        await store.close()
