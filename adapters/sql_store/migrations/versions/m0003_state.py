"""What stages hold, by stream, and the claimed names as their models spell them."""

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"

MOVERS = {"StagePlaced": "version", "RegistryChangedOutside": "found"}


def upgrade() -> None:
    _holders()
    _names()


def _holders() -> None:
    holders = op.create_table(
        "holders",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("stage", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
    )
    held = {(at, body["stage"]): body[MOVERS[kind]] for at, kind, body in _told(*MOVERS)}
    rows = [{"stream": at, "stage": stage, "version": found} for (at, stage), found in held.items()]
    if rows:
        op.bulk_insert(holders, rows)


def _names() -> None:
    column = sa.Column("model", sa.Text, nullable=False, server_default="")
    op.add_column("claims", column)
    claims = sa.table("claims", sa.column("name"), sa.column("model"))
    for _, _, body in _told("ModelNameClaimed"):
        name = body["model"].casefold()
        op.execute(sa.update(claims).where(claims.c.name == name).values(model=body["model"]))


def _told(*kinds: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The stream, kind and body of the ledger's events of these kinds, oldest first."""
    names = ("position", "stream", "type", "data")
    events = sa.table("events", *map(sa.column, names))
    query = sa.select(events).where(events.c.type.in_(kinds)).order_by(events.c.position)
    for row in op.get_bind().execute(query):
        yield row.stream, row.type, msgspec.json.decode(row.data)
