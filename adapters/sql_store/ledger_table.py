"""The ledger as a table: append with optimistic locking, and fold everything anew."""

from collections.abc import Sequence
from itertools import islice

import msgspec
import sqlalchemy as sa

from adapters.sql_store import outbox_table, snapshots
from adapters.sql_store.faults import Fault, fault_of
from adapters.sql_store.ledger_read import AT_ONCE, about_of, events_after
from adapters.sql_store.projections import project
from adapters.sql_store.schema import PROJECTIONS, digest, events
from adapters.sql_store.snapshots import State
from adapters.sql_store.states import States, Uncommitted
from core.errors import KnownEventError, LedgerBrokenError, VersionConflictError
from core.events.base import Event
from core.jobs import Job, Lane
from core.ledger import GENESIS, Entry, entry
from core.release.model import Model
from core.words import Stream

NO_ENTRY = (
    "The entry at position {position} of the ledger cannot be read: {why}. Nothing was changed; "
    "put back a backup of the ledger, as somebody else than Sluss wrote it."
)
CHAIN_LOCK = 0x51055  # the key of the lock that PostgreSQL's writers take, as the chain is one


class LedgerWriter:
    """Appends to the ledger in the writer's thread; ``states`` is shared with the readers."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._uncommitted = Uncommitted()

    def commit(
        self,
        connection: sa.Connection,
        at: tuple[Stream, int],
        new: Sequence[Event],
        jobs: Sequence[Job],
    ) -> tuple[State, set[Lane]]:
        """Append the events of one decision; return the state after them, and lanes with jobs."""
        stream, expected = at
        lock_chain(connection)
        known = sa.select(events.c.position).where(events.c.id_digest == digest(new[0].id))
        if connection.scalar(known):
            raise KnownEventError
        before = self._before(connection, stream)
        if before.version != expected or _is_any_known(connection, new[1:]):
            raise VersionConflictError
        _append_first(connection, stream, expected, new)
        now = _fold(connection, before, new)
        snapshots.keep(connection, stream, (before, now), new)
        ready = outbox_table.take_in(connection, _model(stream, now), new, jobs)
        self._uncommitted.of(connection)[stream] = now  # the batch's next write may be for it
        return now, ready

    def keep_snapshot(self, connection: sa.Connection, stream: Stream) -> None:
        """Write a snapshot for a stream that has none, or one that other code has made."""
        lock_chain(connection)
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
    names = Entry.__struct_fields__
    return [_entry(dict(zip(names, row, strict=True))) for row in connection.execute(query)]


def _entry(row: dict[str, object]) -> Entry:
    """Raise LedgerBrokenError for cells that nobody of us wrote: SQLite takes any kind in any."""
    try:
        return msgspec.convert(row, Entry)
    except msgspec.ValidationError as error:
        raise LedgerBrokenError(NO_ENTRY.format(position=row["position"], why=error)) from None


def rebuild(connection: sa.Connection) -> int:
    """Empty the projections and fold every stream again, from its first event to its last.

    Commits wait meanwhile, so that no event falls between the two. Return how many were read.
    """
    lock_chain(connection)
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


def _model(stream: Stream, now: State) -> Model:
    """Return the state as a model; for the desk it is one without releases."""
    return now if isinstance(now, Model) else Model(stream=stream, version=now.version)


def _fold(connection: sa.Connection, before: State, new: Sequence[Event]) -> State:
    now = snapshots.after(before, new)
    project(connection, (before, now), new)
    return now


def done(connection: sa.Connection, job: Job) -> bool:
    """Free the job's place in the outbox; return whether another one of its stream may be sent."""
    lock_chain(connection)
    return outbox_table.done(connection, job)


def lock_chain(connection: sa.Connection) -> None:
    """Lock the chain until the transaction ends; SQLite has only one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CHAIN_LOCK)))


def _is_any_known(connection: sa.Connection, derived: Sequence[Event]) -> bool:
    ids = [digest(event.id) for event in derived]
    query = sa.select(events.c.position).where(events.c.id_digest.in_(ids)).limit(1)
    return bool(ids) and connection.scalar(query) is not None


def _append_first(
    connection: sa.Connection, stream: Stream, expected: int, new: Sequence[Event]
) -> None:
    """Raise VersionConflictError when a writer that does not take our lock was first."""
    try:
        _append(connection, stream, expected, new)
    except sa.exc.IntegrityError as error:
        if fault_of(error) is Fault.TAKEN:
            raise VersionConflictError from None
        raise


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
        rows.append(row | {"id_digest": digest(event.id), "about": about_of(event)})
    connection.execute(sa.insert(events), rows)
