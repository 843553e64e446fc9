"""Read the projections as the rows that the port promises."""

import msgspec
import sqlalchemy as sa

from adapters.sql_store.schema import deliveries, releases
from core.ports import DeliveryRow, ReleaseRow
from core.words import Stream


def releases_view(connection: sa.Connection, stream: Stream | None, limit: int) -> list[ReleaseRow]:
    query = sa.select(releases).order_by(releases.c.opened.desc()).limit(limit)
    if stream is not None:
        query = query.where(releases.c.stream == stream)
    rows = connection.execute(query)
    return [msgspec.convert(row, ReleaseRow, from_attributes=True) for row in rows]


def deliveries_view(connection: sa.Connection, limit: int) -> list[DeliveryRow]:
    query = sa.select(deliveries).order_by(deliveries.c.received.desc()).limit(limit)
    rows = connection.execute(query)
    return [msgspec.convert(row, DeliveryRow, from_attributes=True) for row in rows]
