"""Snapshots in parts, what stages hold, names as spelled, and what each event is about."""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

PAGE, LONGEST = 5000, 100
BRINGERS = ("CodePushed", "PullRequestChanged")
MOVERS = {"StagePlaced": "version", "RegistryChangedOutside": "found"}


def upgrade() -> None:
    _parts()
    _holders()
    _names()
    _about()


def _parts() -> None:
    """Make the table, which stays empty: a stream is folded when it is first looked at."""
    op.create_table(
        "parts",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )


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


class _Event(msgspec.Struct):
    release: str = ""
    commit: str = ""


def _about() -> None:
    """Fill the new column page by page, as a ledger may be large."""
    column = sa.Column("about", sa.Text, nullable=False, server_default="")
    op.add_column("events", column)
    position, connection = 0, op.get_bind()
    events = sa.table("events", *map(sa.column, ("position", "type", "data", "about")))
    update = sa.update(events).where(events.c.position == sa.bindparam("at"))
    while rows := connection.execute(
        sa.select(events.c.position, events.c.type, events.c.data)
        .where(events.c.position > position)
        .order_by(events.c.position)
        .limit(PAGE)
    ).all():
        position = rows[-1].position
        found = [{"at": row.position, "about": _about_of(row.type, row.data)} for row in rows]
        told = [row for row in found if row["about"]]
        if told:
            connection.execute(update, told)
    op.create_index("ix_events_about", "events", ["about"])


def _about_of(kind: str, data: str) -> str:
    event = msgspec.json.decode(data, type=_Event) if data else _Event()
    about = f"commit/{event.commit}" if kind in BRINGERS else event.release
    return about if len(about) <= LONGEST else hashlib.sha256(about.encode()).hexdigest()


def _told(*kinds: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give stream, kind and body of the ledger's events of these kinds, oldest first."""
    names = ("position", "stream", "type", "data")
    events = sa.table("events", *map(sa.column, names))
    query = sa.select(events).where(events.c.type.in_(kinds)).order_by(events.c.position)
    for row in op.get_bind().execute(query):
        yield row.stream, row.type, msgspec.json.decode(row.data)
