"""The tables: the ledger and what is kept beside it, then the projections that can be rebuilt."""

import sqlalchemy as sa

metadata = sa.MetaData()

events = sa.Table(
    "events",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("time", sa.Text, nullable=False),
    sa.Column("caused_by", sa.Text, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("salt", sa.Text, nullable=False),
    sa.Column("data_hash", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False, server_default="", index=True),
    sa.UniqueConstraint("stream", "version", name="one_event_per_version"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

effects = sa.Table(
    "effects",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

cards = sa.Table(
    "cards",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("conversation", sa.Text, nullable=False, default=""),
    sa.Column("activity", sa.Text, nullable=False, default=""),
    sa.Column("version", sa.Integer, nullable=False, default=0),
    sa.Column("owner", sa.Text, nullable=False, default=""),
    sa.Column("leased_until", sa.Float, nullable=False, default=0.0),
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False, server_default=""),
)

holders = sa.Table(
    "holders",
    metadata,
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("stage", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, nullable=False),
)

releases = sa.Table(
    "releases",
    metadata,
    sa.Column("release", sa.Text, primary_key=True),
    sa.Column("stream", sa.Text, nullable=False, index=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("branch", sa.Text, nullable=False),
    sa.Column("commit", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("opened", sa.Text, nullable=False, index=True),
    sa.Column("changed", sa.Text, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("event", sa.Text, primary_key=True),
    sa.Column("delivery", sa.Text, nullable=False, index=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("received", sa.Text, nullable=False, index=True),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("release", sa.Text, nullable=False),
    sa.Column("is_rejected", sa.Boolean, nullable=False),
)

parts = sa.Table(
    "parts",
    metadata,
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("tag", sa.Text, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

PROJECTIONS = (parts, claims, holders, releases, deliveries)
