"""A database of MLflow that was never finished is made anew; one that was in use is left alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.mlflow.database import check, set_unfinished_aside
from core.errors import SettingsError
from tests.peers.mlflow import running


def _with(folder: Path, *statements: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "mlflow.db"
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    return path


def _half_made(folder: Path) -> Path:
    """As after a kill: a step has made its table, and was not noted."""
    return _with(folder, "CREATE TABLE span_metrics (x)", "CREATE TABLE datasets (x)")


def test_mlflow_starts_though_its_first_start_was_killed_in_the_middle(tmp_path: Path):
    _half_made(tmp_path / "mlflow")
    with running(tmp_path):
        assert (tmp_path / "mlflow" / "mlflow.db.unfinished").is_file()


def test_nothing_of_an_unfinished_database_stays_beside_the_next(tmp_path: Path):
    path = _half_made(tmp_path)
    for ending in ("-journal", "-wal", "-shm"):
        path.with_name(f"mlflow.db{ending}").touch()
    (tmp_path / "mlflow.db.unfinished-wal").write_bytes(b"of the one before")
    set_unfinished_aside(tmp_path)
    assert [*tmp_path.glob("mlflow.db*")] == [*tmp_path.glob("mlflow.db.unfinished*")]
    assert not (tmp_path / "mlflow.db.unfinished-wal").read_bytes()  # SQLite has taken its own away
    set_unfinished_aside(tmp_path)


def test_a_database_that_was_in_use_is_never_set_aside(tmp_path: Path):
    path = _with(tmp_path, "CREATE TABLE experiments (x)", "INSERT INTO experiments VALUES (0)")
    before = path.read_bytes()
    set_unfinished_aside(tmp_path)
    assert path.read_bytes() == before
    check(tmp_path)


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"", None], ids=["bytes", "cut", "folder"])
def test_a_database_that_was_in_use_and_is_damaged_stays_and_is_told(
    tmp_path: Path, content: bytes | None
):
    path = tmp_path / "mlflow.db"
    path.mkdir() if content is None else path.write_bytes(content)
    (tmp_path / "artifacts" / "0").mkdir(parents=True)
    set_unfinished_aside(tmp_path)
    assert path.exists()
    with pytest.raises(SettingsError, match=r"mlflow\.db, is damaged.*put the backup"):
        check(tmp_path)


def test_a_database_that_is_not_there_or_is_in_use_is_none_that_is_damaged(tmp_path: Path):
    check(tmp_path)
    path = _half_made(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        check(tmp_path)
