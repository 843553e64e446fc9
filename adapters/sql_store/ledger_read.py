"""Reads of the ledger's table: a stream, the events about a release, and a whole release."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

import sqlalchemy as sa

from adapters.sql_store.schema import events
from core.events.base import Event
from core.events.codec import decode
from core.events.outside import CodePushed, PullRequestChanged
from core.ports import Recorded
from core.release.fold import folded
from core.release.model import Model
from core.release.release import Release
from core.words import ReleaseId, Stream

LONGEST: Final = 100  # characters: PostgreSQL's index takes no text of any length
COMMIT: Final = "commit/"
AT_ONCE: Final = 500
_OF: Final = events.c.stream == sa.bindparam("of")
_NEWEST: Final = sa.select(sa.func.max(events.c.version)).where(_OF)


def about_of(event: Event) -> str:
    """Return the key of an event in the index: its release, or the commit that it brought."""
    if isinstance(event, CodePushed | PullRequestChanged):
        return _bounded(f"{COMMIT}{event.commit}")
    return _bounded(str(getattr(event, "release", "") or ""))


def _bounded(about: str) -> str:
    """Return a key for any text, as a page's address may hold one that PostgreSQL refuses."""
    if len(about) <= LONGEST and about.isprintable():
        return about
    return hashlib.sha256(about.encode(errors="surrogatepass")).hexdigest()


def newest_version(connection: sa.Connection, stream: Stream) -> int:
    return connection.scalar(_NEWEST, {"of": stream}) or 0


def events_after(connection: sa.Connection, stream: Stream, version: int) -> Iterator[Event]:
    """Read AT_ONCE at a time, so that a long stream is never in memory as a whole."""
    query = (
        sa.select(events.c.data)
        .where(events.c.stream == stream, events.c.version > version)
        .order_by(events.c.version)
    )
    found = connection.execute(query, execution_options={"yield_per": AT_ONCE})
    for data in found.scalars():
        yield decode(data.encode())


def load(
    connection: sa.Connection,
    stream: Stream,
    after: int,
    about: ReleaseId | None,
    kinds: Sequence[type[Event]],
) -> list[Recorded]:
    query = _stream(stream).where(events.c.version > after)
    if kinds:
        query = query.where(events.c.type.in_([kind.__name__ for kind in kinds]))
    if about is None:
        return _recorded(connection, query)
    release = whole_release(connection, stream, about)
    keys = [about, f"{COMMIT}{release.commit}"] if release else [about]
    return _recorded(connection, query.where(events.c.about.in_([*map(_bounded, keys)])))


def whole_release(connection: sa.Connection, stream: Stream, release: ReleaseId) -> Release | None:
    """Fold the release from its own events, as no other event of the stream changes it."""
    query = _stream(stream).where(events.c.about == _bounded(release))
    model = folded(Model(stream=stream), (entry.event for entry in _recorded(connection, query)))
    return model.releases.get(release)


def _stream(stream: Stream) -> sa.Select[tuple[object, ...]]:
    return sa.select(events).where(events.c.stream == stream).order_by(events.c.version)


def _recorded(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> list[Recorded]:
    return [
        Recorded(
            position=row.position,
            stream=Stream(row.stream),
            version=row.version,
            event=decode(row.data.encode()),
            hash=row.hash,
        )
        for row in connection.execute(query)
    ]
