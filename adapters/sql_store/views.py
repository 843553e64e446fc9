"""Reads of the projections, as the rows of ``core.ports.Views``."""

import msgspec
import sqlalchemy as sa

from adapters.sql_store.schema import claims, deliveries, holders, releases
from core.ports import DeliveryRow, ReleaseRow
from core.words import Stage, Stream


def releases_view(connection: sa.Connection, stream: Stream | None, limit: int) -> list[ReleaseRow]:
    query = sa.select(releases).order_by(releases.c.opened.desc()).limit(limit)
    if stream is not None:
        query = query.where(releases.c.stream == stream)
    rows = connection.execute(query).all()
    held = _held(connection, {row.stream for row in rows})
    found = (msgspec.convert(row, ReleaseRow, from_attributes=True) for row in rows)
    return [
        msgspec.structs.replace(row, holds=held.get((row.stream, row.version), ())) for row in found
    ]


def _held(
    connection: sa.Connection, streams: set[Stream]
) -> dict[tuple[Stream, str], tuple[Stage, ...]]:
    """The stages by stream and version; an empty one is held by nobody."""
    query = sa.select(holders).where(holders.c.stream.in_(streams), holders.c.version != "")
    found: dict[tuple[Stream, str], tuple[Stage, ...]] = {}
    for row in connection.execute(query.order_by(holders.c.stage.desc())):
        at = Stream(row.stream), row.version
        found[at] = (*found.get(at, ()), Stage(row.stage))
    return found


def deliveries_view(connection: sa.Connection, limit: int) -> list[DeliveryRow]:
    query = sa.select(deliveries).order_by(deliveries.c.received.desc()).limit(limit)
    rows = connection.execute(query)
    return [msgspec.convert(row, DeliveryRow, from_attributes=True) for row in rows]


def held_view(connection: sa.Connection) -> dict[Stream, dict[Stage, str]]:
    found: dict[Stream, dict[Stage, str]] = {stream: {} for stream in names_view(connection)}
    for row in connection.execute(sa.select(holders)):
        found.setdefault(Stream(row.stream), {})[Stage(row.stage)] = row.version
    return found


def names_view(connection: sa.Connection) -> dict[Stream, str]:
    rows = connection.execute(sa.select(claims))
    return {Stream(row.stream): row.model or row.name for row in rows}
