"""The clone index in a SQLite file keeps the contract, and is made anew when the file is broken."""

import asyncio
import contextlib
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from adapters.clone_index.index import CloneIndexFile
from core.errors import UnavailableError
from tests.adapters.clone_index_contract import CloneIndexContract, places, sketch

FILES = {"a.py": sketch("a", 1, 2)}
WRITER = """
import asyncio, sys
from pathlib import Path
from adapters.clone_index.index import CloneIndexFile
from tests.adapters.clone_index_contract import sketch

async def main(name):
    index = CloneIndexFile(Path(sys.argv[1]))
    for turn in range(10):
        files = {f"{n}.py": sketch(f"{name}{turn}{n}", 1, turn, n) for n in range(5)}
        await index.replace(name, files)
    await index.close()

asyncio.run(main(sys.argv[2]))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clones.db"


@pytest.fixture
async def index(path: Path):
    index = CloneIndexFile(path, busy_s=5.0)
    yield index
    await index.close()


class TestCloneIndexFile(CloneIndexContract):
    pass


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def move_away(path: Path) -> None:
    path.rename(path.with_name("old.db"))
    for end in ("-wal", "-shm"):
        path.with_name(f"clones.db{end}").unlink()


def rows(path: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        [(count,)] = connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
        return count


async def test_nothing_stays_of_what_nobody_has_any_more(index: CloneIndexFile, path: Path):
    await index.replace("loans", FILES)
    await index.replace("loans", {})
    assert [rows(path, table) for table in ("file", "content", "posting")] == [0, 0, 0]


async def test_one_content_is_kept_once(index: CloneIndexFile, path: Path):
    for name in ("loans", "churn"):
        await index.replace(name, FILES)
    assert [rows(path, table) for table in ("file", "content", "posting")] == [2, 1, 2]


async def test_what_has_not_changed_is_not_written(index: CloneIndexFile, path: Path):
    await index.replace("loans", FILES)
    log = path.with_name("clones.db-wal")
    before = log.stat().st_size
    await index.replace("loans", FILES)
    assert log.stat().st_size == before


async def test_only_its_owner_may_read_the_file(index: CloneIndexFile, path: Path):
    await index.replace("loans", FILES)
    assert mode(path) == 0o600


async def test_the_next_process_finds_it(index: CloneIndexFile, path: Path):
    await index.replace("loans", FILES)
    await index.close()
    assert await index.files("loans") == FILES


def nonsense(path: Path) -> None:
    path.write_bytes(b"certainly not SQLite " * 1000)


def half_overwritten(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[200:] = b"\x5a" * (len(data) - 200)
    path.write_bytes(data)


def of_another_form(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def unreadable_sketch(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE content SET sketch = x'00'")


@pytest.mark.parametrize("damage", [nonsense, half_overwritten, of_another_form, unreadable_sketch])
async def test_a_broken_file_begins_anew(index: CloneIndexFile, path: Path, damage):
    await index.replace("loans", FILES)
    await index.close()
    damage(path)
    assert await index.files("loans") == {}
    await index.replace("loans", FILES)
    assert await places(index, 1) == [{"loans": "a.py"}]


async def test_a_file_that_another_process_made_anew_is_taken_and_not_removed(
    index: CloneIndexFile, path: Path
):
    await index.replace("loans", FILES)
    move_away(path)
    other = CloneIndexFile(path)
    await other.replace("churn", FILES)
    await other.close()
    index._remove()  # as when what it has open turns out to be broken
    assert await index.files("churn") == FILES


@pytest.mark.parametrize("is_folder", [True, False], ids=["a folder there", "no folder"])
async def test_where_no_file_can_be_it_is_said_so(tmp_path: Path, is_folder):
    path = tmp_path if is_folder else tmp_path / "gone" / "clones.db"
    index = CloneIndexFile(path)
    with pytest.raises(UnavailableError, match="Nothing was compared"):
        await index.files("loans")


async def test_who_writes_too_long_is_not_waited_for(path: Path):
    index = CloneIndexFile(path, busy_s=0.05)
    await index.replace("loans", FILES)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError):
            await index.replace("loans", {})
        assert await index.files("loans") == FILES  # reading goes on
        other.execute("ROLLBACK")
    await index.replace("loans", {})
    await index.close()


async def test_processes_share_the_file(path: Path):
    names = ("loans", "churn", "fraud")
    started = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, str(path), name)
        for name in names
    ]
    assert [await process.wait() for process in started] == [0, 0, 0]
    index = CloneIndexFile(path)
    assert {name: len(await index.files(name)) for name in names} == dict.fromkeys(names, 5)
    assert len(await places(index, 1)) == 15
    await index.close()
