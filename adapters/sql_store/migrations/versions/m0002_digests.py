"""A digest carries what is unique: an index of PostgreSQL takes no text of any length.

The ledger's own columns keep every byte.
"""

import hashlib
from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

DIGEST: Final = sa.LargeBinary(32)
# table: the text, and whether it was the primary key
KEYS: Final = {
    "events": ("id", False),
    "outbox": ("id", False),
    "effects": ("key", True),
    "cards": ("key", True),
    "claims": ("name", True),
    "deliveries": ("event", True),
}


def upgrade() -> None:
    op.drop_index("ix_deliveries_delivery", "deliveries")  # no query uses it
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, (text, is_primary) in KEYS.items():
        if is_sqlite:
            _make_anew(table, text, is_primary=is_primary)
        else:
            _alter(table, text, is_primary=is_primary)


def _alter(table: str, text: str, *, is_primary: bool) -> None:
    name = f"{text}_digest"
    op.add_column(table, sa.Column(name, DIGEST, nullable=True))
    op.execute(f"UPDATE {table} SET {name} = sha256(convert_to({text}, 'UTF8'))")  # noqa: S608
    op.alter_column(table, name, nullable=False)
    if is_primary:
        op.drop_constraint(f"{table}_pkey", table)
        op.create_primary_key(f"{table}_pkey", table, [name])
    else:
        op.drop_constraint(f"{table}_{text}_key", table)
        op.create_unique_constraint(f"{table}_{name}_key", table, [name])


def _make_anew(table: str, text: str, *, is_primary: bool) -> None:
    """Move the rows to a new table of that name, as SQLite cannot drop a constraint."""
    bind = op.get_bind()
    bind.connection.dbapi_connection.create_function(  # type: ignore[union-attr]
        "sluss_digest", 1, _digest, deterministic=True
    )
    before = sa.Table(table, sa.MetaData(), autoload_with=bind)
    indexes = [(str(index.name), list(index.columns.keys())) for index in before.indexes]
    for name, _ in indexes:
        op.drop_index(name, table)
    op.rename_table(table, f"{table}_before")
    columns = [
        sa.Column(
            column.name,
            column.type,
            primary_key=column.primary_key and not is_primary,
            autoincrement=table == "outbox" and column.primary_key,
            nullable=column.nullable,
        )
        for column in before.columns
    ]
    digest = sa.Column(
        f"{text}_digest", DIGEST, primary_key=is_primary, unique=not is_primary, nullable=False
    )
    rules = [sa.UniqueConstraint("stream", "version", name="one_event_per_version")]
    op.create_table(table, *columns, digest, *(rules if table == "events" else []))
    names = ", ".join(f'"{column.name}"' for column in before.columns)
    op.execute(
        f"INSERT INTO {table} ({names}, {text}_digest) "  # noqa: S608 - names of our own
        f"SELECT {names}, sluss_digest({text}) FROM {table}_before"
    )
    op.drop_table(f"{table}_before")
    for name, of in indexes:
        op.create_index(name, table, of)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
