"""Bring the database's tables up to this version of Sluss."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

HEAD = "head"


def migrate(connection: sa.Connection) -> None:
    """Run what is missing; a database that is up to date is left alone."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
