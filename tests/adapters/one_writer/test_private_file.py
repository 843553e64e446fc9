"""A database is its owner's alone, and making it so ends none of SQLite's locks in this process."""

import sqlite3
import stat
import subprocess
import sys

import pytest

from adapters.clone_index.index import CloneIndexFile
from adapters.one_writer.private_file import keep_private
from adapters.sql_store import SqlStore
from adapters.sqlite_queue.queue import SqliteQueue
from core.ports import Message

# what any command beside a server does: it opens the database, reads, and closes it as the last one
LOOKS = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]).fetchall(); c.close()"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_for_its_owner_and_an_open_one_is_closed_to_others(tmp_path):
    new, known = tmp_path / "new.db", tmp_path / "known.db"
    known.write_bytes(b"kept")
    known.chmod(0o644)
    keep_private(new)
    keep_private(known)
    assert (mode(new), mode(known)) == (0o600, 0o600)
    assert known.read_bytes() == b"kept"


def looked_at(path):
    statement = "SELECT count(*) FROM sqlite_master"
    subprocess.run([sys.executable, "-c", LOOKS, str(path), statement], check=True)


async def _store(path):
    store = SqlStore(f"sqlite:///{path}")
    await store.effect("one", "1")
    other = SqlStore(f"sqlite:///{path}")
    await other.find_effect("one")
    return store, lambda: store.effect("two", "2")


async def _queue(path):
    queue = SqliteQueue(path, "events")
    await queue.send(Message(id="one", body=b"1"))
    other = SqliteQueue(path, "events")
    await other.send(Message(id="other", body=b"1"))
    return queue, lambda: queue.send(Message(id="two", body=b"2"))


async def _clones(path):
    clones = CloneIndexFile(path)
    await clones.replace("r1", {})
    other = CloneIndexFile(path)
    await other.repositories()
    return clones, lambda: clones.replace("r2", {})


@pytest.mark.parametrize("opened", [_store, _queue, _clones])
async def test_who_looks_at_a_database_from_outside_takes_nothing_from_it(tmp_path, opened):
    """With the locks gone, whoever closes it last would remove the log that we go on writing."""
    path = tmp_path / "one.db"
    keeper, write_again = await opened(path)
    log = path.with_name("one.db-wal").stat().st_ino
    looked_at(path)
    await write_again()
    looked_at(path)
    assert path.with_name("one.db-wal").stat().st_ino == log
    await keeper.close()
    with sqlite3.connect(path) as after:
        assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)
