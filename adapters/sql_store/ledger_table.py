"""The ledger as a table: append with optimistic locking, and fold everything anew."""

from collections.abc import Sequence
from itertools import islice

import sqlalchemy as sa

from adapters.sql_store import snapshots
from adapters.sql_store.ledger_read import AT_ONCE, about_of, events_after
from adapters.sql_store.projections import project
from adapters.sql_store.schema import PROJECTIONS, events, outbox
from adapters.sql_store.snapshots import State
from adapters.sql_store.states import States, Uncommitted
from core import jobs as job_codec
from core.errors import KnownEventError, VersionConflictError
from core.events.base import Event
from core.jobs import Job
from core.ledger import GENESIS, Entry, entry
from core.words import Stream

CHAIN_LOCK = 0x51055  # one chain: on PostgreSQL writers of all processes take turns


class LedgerWriter:
    """Commits in the writer's thread; ``states`` is what readers remember, too."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._uncommitted = Uncommitted()

    def commit(
        self,
        connection: sa.Connection,
        at: tuple[Stream, int],
        new: Sequence[Event],
        jobs: Sequence[Job],
    ) -> State:
        """Append the events of one decision; return the state after them."""
        stream, expected = at
        _take_turn(connection)
        if connection.scalar(sa.select(events.c.position).where(events.c.id == new[0].id)):
            raise KnownEventError
        before = self._before(connection, stream)
        if before.version != expected or _is_any_known(connection, new[1:]):
            raise VersionConflictError
        _append(connection, stream, expected, new)
        now = _fold(connection, before, new)
        snapshots.keep(connection, stream, (before, now), new)
        for job in jobs:
            _put(connection, job)
        self._uncommitted.of(connection)[stream] = now  # the batch's next write may be for it
        return now

    def keep_snapshot(self, connection: sa.Connection, stream: Stream) -> None:
        """For a stream that had none, or one that other code has made."""
        _take_turn(connection)
        snapshots.keep_whole(connection, stream, self._before(connection, stream))

    def _before(self, connection: sa.Connection, stream: Stream) -> State:
        ahead = self._uncommitted.of(connection).get(stream)
        return self._states.look(connection, stream, ahead)[0]


def page(connection: sa.Connection, after: int, limit: int) -> list[Entry]:
    query = (
        sa.select(*(events.c[name] for name in Entry.__struct_fields__))
        .where(events.c.position > after)
        .order_by(events.c.position)
        .limit(limit)
    )
    return [Entry(**row._mapping) for row in connection.execute(query)]


def rebuild(connection: sa.Connection) -> int:
    """Empty the projections and fold every stream again, from its first event to its last."""
    _take_turn(connection)
    for table in PROJECTIONS:
        connection.execute(sa.delete(table))
    streams = connection.scalars(sa.select(events.c.stream).distinct()).all()
    return sum(_rebuild(connection, Stream(stream)) for stream in streams)


def _rebuild(connection: sa.Connection, stream: Stream) -> int:
    now, left = snapshots.begin(stream), events_after(connection, stream, 0)
    while some := tuple(islice(left, AT_ONCE)):
        now = _fold(connection, now, some)
    snapshots.keep_whole(connection, stream, now)
    return now.version


def _fold(connection: sa.Connection, before: State, new: Sequence[Event]) -> State:
    now = snapshots.after(before, new)
    project(connection, (before, now), new)
    return now


def _take_turn(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CHAIN_LOCK)))


def _is_any_known(connection: sa.Connection, derived: Sequence[Event]) -> bool:
    ids = [event.id for event in derived]
    query = sa.select(events.c.position).where(events.c.id.in_(ids)).limit(1)
    return bool(ids) and connection.scalar(query) is not None


def _append(connection: sa.Connection, stream: Stream, expected: int, new: Sequence[Event]) -> None:
    last = sa.select(events.c.position, events.c.hash).order_by(events.c.position.desc()).limit(1)
    head = connection.execute(last).first()
    position, previous = (head.position, head.hash) if head else (0, GENESIS)
    rows = []
    for offset, event in enumerate(new, start=1):
        found = entry(
            event, position=position + offset, stream=stream,
            version=expected + offset, previous=previous,
        )  # fmt: skip
        previous = found.hash
        row = {name: getattr(found, name) for name in found.__struct_fields__}
        rows.append(row | {"about": about_of(event)})
    connection.execute(sa.insert(events), rows)


def _put(connection: sa.Connection, job: Job) -> None:
    """A job of that id that still waits is the same work: once is enough."""
    known = connection.scalar(sa.select(outbox.c.number).where(outbox.c.id == job.id))
    if known is None:
        connection.execute(sa.insert(outbox).values(id=job.id, body=job_codec.encode(job)))
