"""Looks at the database of our own MLflow: one that was never finished is set aside before a start.

MLflow makes it in many steps, and cannot go on with what a process that was ended has left. What
it does last is to make its first experiment, so a database without any was never in use.
"""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from core.errors import SettingsError

NAME: Final = "mlflow.db"
ASIDE: Final = "unfinished"
BESIDE: Final = ("", "-journal", "-wal", "-shm")  # SQLite would apply a stranger's journal
DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
PLAIN_CODE: Final = 0xFF  # the rest of a code says more of the same
PATIENCE_S: Final = 1.0
BROKEN: Final = (
    "The database of MLflow, {path}, is damaged: {why}. MLflow cannot start, and nothing of it was "
    "removed. End Sluss and its MLflow, put the backup of the home in its place, and start again."
)
NO_FILE: Final = "it is no file"
EMPTIED: Final = "it has no experiment, though files of models are there"

log = logging.getLogger(__name__)


def set_unfinished_aside(folder: Path) -> None:
    """Rename a database that was never in use: MLflow makes another. Nobody may have it open."""
    try:
        is_unfinished = _is_without_experiments(folder, "rw") and not _has_artifacts(folder)
    except sqlite3.Error:
        return  # ``check`` tells of it
    if not is_unfinished:
        return
    for ending in BESIDE:
        aside, path = folder / f"{NAME}.{ASIDE}{ending}", folder / f"{NAME}{ending}"
        aside.unlink(missing_ok=True)
        if path.exists():
            path.replace(aside)
    log.warning(
        "MLflow's database was never finished; it is made anew", extra={"action": "mlflow_anew"}
    )


def check(folder: Path) -> None:
    """Raise SettingsError for a database that was in use, and that nobody can read any more."""
    path = folder / NAME
    if path.is_dir():
        raise SettingsError(BROKEN.format(path=path, why=NO_FILE))
    try:
        is_emptied = _is_without_experiments(folder, "ro") and _has_artifacts(folder)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & PLAIN_CODE not in DAMAGED:
            return  # it is in use, say
        raise SettingsError(BROKEN.format(path=path, why=error)) from None
    if is_emptied:
        raise SettingsError(BROKEN.format(path=path, why=EMPTIED))


def _is_without_experiments(folder: Path, mode: str) -> bool:
    path = folder / NAME
    if not path.is_file():
        return False
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE_S)) as database:
        tables = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'experiments'"
        if database.execute(tables).fetchone() == (0,):
            return True
        return database.execute("SELECT 1 FROM experiments LIMIT 1").fetchone() is None


def _has_artifacts(folder: Path) -> bool:
    artifacts = folder / "artifacts"
    return artifacts.is_dir() and any(artifacts.iterdir())
