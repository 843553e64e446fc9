"""The tables: the ledger and what is kept beside it, then the projections that can be rebuilt.

A text whose length others choose is in no index, as PostgreSQL refuses keys above about 2,700
bytes. A digest beside the text is unique instead, and by it a row is found.
"""

import hashlib
import re
from typing import Any, Final

import sqlalchemy as sa

DIGEST: Final = sa.LargeBinary(32)
_NUL: Final = re.compile("[\x00\x01]")
_ESCAPED: Final = re.compile("\x01([01])")


def digest(text: str) -> bytes:
    """Return the SHA-256 of any text, also of one with half a character, which no table holds."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


class AnyText(sa.TypeDecorator[str]):
    """Text from outside: PostgreSQL takes no NUL, so that U+0001 and a digit stand for it."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        if value is None or not ("\0" in value or "\x01" in value):
            return value
        return _NUL.sub(lambda found: f"\x01{ord(found[0])}", value)

    def process_result_value(self, value: Any | None, _dialect: sa.Dialect) -> str | None:
        if value is None or "\x01" not in value:
            return value
        return _ESCAPED.sub(lambda found: chr(int(found[1])), value)


metadata = sa.MetaData()

events = sa.Table(
    "events",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("id", AnyText, nullable=False),
    sa.Column("id_digest", DIGEST, nullable=False, unique=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("time", sa.Text, nullable=False),
    sa.Column("caused_by", AnyText, nullable=False),
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
    sa.Column("id", AnyText, nullable=False),
    sa.Column("id_digest", DIGEST, nullable=False, unique=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("rank", sa.Integer),
    sa.Index("outbox_to_send", "lane", "place", "number"),
    sa.Index("outbox_of_stream", "lane", "stream", "place", "rank", "number"),
    sa.Index("outbox_about", "about"),
)

effects = sa.Table(
    "effects",
    metadata,
    sa.Column("key_digest", DIGEST, primary_key=True),
    sa.Column("key", AnyText, nullable=False),
    sa.Column("value", AnyText, nullable=False),
)

notes = sa.Table(
    "notes",
    metadata,
    sa.Column("key_digest", DIGEST, primary_key=True),
    sa.Column("key", AnyText, nullable=False),
    sa.Column("value", AnyText, nullable=False),
)

cards = sa.Table(
    "cards",
    metadata,
    sa.Column("key_digest", DIGEST, primary_key=True),
    sa.Column("key", AnyText, nullable=False),
    sa.Column("conversation", AnyText, nullable=False, default=""),
    sa.Column("activity", AnyText, nullable=False, default=""),
    sa.Column("version", sa.Integer, nullable=False, default=0),
    sa.Column("owner", sa.Text, nullable=False, default=""),
    sa.Column("leased_until", sa.Float, nullable=False, default=0.0),
)

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("conversation_digest", DIGEST, primary_key=True),
    sa.Column("conversation", AnyText, nullable=False),
    sa.Column("place", sa.Text, nullable=False),  # only the conversation's own chat reads it
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("name_digest", DIGEST, primary_key=True),
    sa.Column("name", AnyText, nullable=False),
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
    sa.Column("model", AnyText, nullable=False),
    sa.Column("branch", AnyText, nullable=False),
    sa.Column("commit", AnyText, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", AnyText, nullable=False),
    sa.Column("opened", sa.Text, nullable=False, index=True),
    sa.Column("changed", sa.Text, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("event_digest", DIGEST, primary_key=True),
    sa.Column("event", AnyText, nullable=False),
    sa.Column("delivery", AnyText, nullable=False),
    sa.Column("source", AnyText, nullable=False),
    sa.Column("kind", AnyText, nullable=False),
    sa.Column("received", sa.Text, nullable=False, index=True),
    sa.Column("outcome", AnyText, nullable=False),
    sa.Column("release", AnyText, nullable=False),
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
