"""Brings the database's tables up to this version of Sluss, one process at a time."""

import threading
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapters.sql_store.engine import WRITES, without_limits
from core.errors import StoreTooNewError

MIGRATION_LOCK: Final = 0x51056  # another key than that of the chain
TOO_NEW = (
    "The database is at version {found}, and this Sluss knows the versions up to {known}. Nothing "
    "was read or written; start the Sluss that made it, or a newer one."
)


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """The revisions before and after; ``before`` is "" for an empty database.

    ``steps`` tells a person what was done, oldest first.
    """

    before: str
    after: str
    steps: tuple[str, ...] = ()


class Schema:
    """Migrates once in this process: the first caller does it, and the others wait for that."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._migrated: Migrated | None = None

    def ensure(self) -> Migrated:
        """Raise StoreTooNewError, or SQLAlchemy's error when the database does not answer."""
        with self._lock:
            if self._migrated is None:
                self._migrated = migrate(self._engine)
            return self._migrated


def migrate(engine: sa.Engine) -> Migrated:
    """Run what is missing, in one transaction; a database that is up to date is left alone."""
    with engine.connect() as plain:
        connection = plain.execution_options(**WRITES)
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            with without_limits(connection):
                return _upgrade(connection)


def _upgrade(connection: sa.Connection) -> Migrated:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    known = list(scripts.walk_revisions())  # the newest first
    before = ", ".join(MigrationContext.configure(connection).get_current_heads())
    after = known[0].revision
    if before not in ("", *(script.revision for script in known)):
        raise StoreTooNewError(TOO_NEW.format(found=before, known=after))
    if before == after:
        return Migrated(before=before, after=after)
    command.upgrade(config, "head")
    steps = [f"{each.revision}: {each.doc}" for each in known if each.revision > before]
    return Migrated(before=before, after=after, steps=tuple(reversed(steps)))
