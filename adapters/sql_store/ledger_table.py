"""The ledger as a table: append with optimistic locking, read a stream, fold everything anew."""

from collections.abc import Sequence

import sqlalchemy as sa

from adapters.sql_store import outbox_table
from adapters.sql_store.faults import Fault, fault_of
from adapters.sql_store.projections import project
from adapters.sql_store.schema import PROJECTIONS, digest, events
from core.errors import KnownEventError, VersionConflictError
from core.events.base import Event
from core.events.codec import decode
from core.jobs import Job, Lane
from core.ledger import GENESIS, Entry, entry
from core.ports import Recorded
from core.release.fold import folded
from core.release.model import Model
from core.words import Stream

CHAIN_LOCK = 0x51055  # one chain: on PostgreSQL writers of all processes take turns


def commit(
    connection: sa.Connection,
    at: tuple[Stream, int],
    new: Sequence[Event],
    jobs: Sequence[Job],
    models: dict[Stream, Model],
) -> tuple[Model, set[Lane]]:
    """Append the events of one decision; return the model after them, and lanes with jobs."""
    stream, expected = at
    lock_chain(connection)
    known = sa.select(events.c.position).where(events.c.id_digest == digest(new[0].id))
    if connection.scalar(known):
        raise KnownEventError
    model = _model(connection, stream, models)
    if model.version != expected or _is_any_known(connection, new[1:]):
        raise VersionConflictError
    try:
        _append(connection, stream, expected, new)
    except sa.exc.IntegrityError as error:
        if fault_of(error) is Fault.TAKEN:  # by somebody who does not know of our lock
            raise VersionConflictError from None
        raise
    after = project(connection, model, new)
    ready = outbox_table.take_in(connection, after, new, jobs)
    models[stream] = after  # the next write of this batch may be for the same stream
    return after, ready


def done(connection: sa.Connection, job: Job) -> bool:
    """Free the job's place in the outbox; say whether another one of its stream may be sent."""
    lock_chain(connection)
    return outbox_table.done(connection, job)


def lock_chain(connection: sa.Connection) -> None:
    """Until the end of the transaction; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CHAIN_LOCK)))


def load(connection: sa.Connection, stream: Stream, after: int) -> list[Recorded]:
    query = (
        sa.select(events)
        .where(events.c.stream == stream, events.c.version > after)
        .order_by(events.c.version)
    )
    return [
        Recorded(
            position=row.position,
            stream=stream,
            version=row.version,
            event=decode(row.data.encode()),
            hash=row.hash,
        )
        for row in connection.execute(query)
    ]


def page(connection: sa.Connection, after: int, limit: int) -> list[Entry]:
    columns = [events.c[name] for name in Entry.__struct_fields__]
    query = (
        sa.select(*columns)
        .where(events.c.position > after)
        .order_by(events.c.position)
        .limit(limit)
    )
    return [Entry(**row._mapping) for row in connection.execute(query)]


def rebuild(connection: sa.Connection) -> int:
    """Empty the projections and fold the whole ledger again, in its order.

    Whoever commits meanwhile waits, so that no event falls between the two.
    """
    lock_chain(connection)
    for table in PROJECTIONS:
        connection.execute(sa.delete(table))
    models: dict[Stream, Model] = {}
    count = 0
    query = sa.select(events.c.stream, events.c.data).order_by(events.c.position)
    for row in connection.execute(query).all():
        stream = Stream(row.stream)
        before = models.get(stream) or Model(stream=stream)
        models[stream] = project(connection, before, (decode(row.data.encode()),))
        count += 1
    return count


def _model(connection: sa.Connection, stream: Stream, models: dict[Stream, Model]) -> Model:
    """What is remembered, and what another process has appended since."""
    known = models.get(stream) or Model(stream=stream)
    return folded(known, (found.event for found in load(connection, stream, known.version)))


def _is_any_known(connection: sa.Connection, derived: Sequence[Event]) -> bool:
    ids = [digest(event.id) for event in derived]
    query = sa.select(events.c.position).where(events.c.id_digest.in_(ids)).limit(1)
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
        rows.append({**row, "id_digest": digest(event.id)})
    connection.execute(sa.insert(events), rows)
