"""Read the projections as the rows that the port promises."""

import msgspec
import sqlalchemy as sa

from adapters.sql_store.schema import deliveries, events, releases
from core.events.codec import decode
from core.events.derived import RegistryChangedOutside, StagePlaced
from core.ports import DeliveryRow, ReleaseRow
from core.words import Stage, Stream


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


def held_view(connection: sa.Connection) -> dict[Stream, dict[Stage, str]]:
    """The last word of the ledger on each stage."""
    kinds = (StagePlaced.__name__, RegistryChangedOutside.__name__)
    query = sa.select(events.c.stream, events.c.data).where(events.c.type.in_(kinds))
    found: dict[Stream, dict[Stage, str]] = {}
    for row in connection.execute(query.order_by(events.c.position)):
        match decode(row.data.encode()):
            case StagePlaced(stage=stage, version=version):
                found.setdefault(Stream(row.stream), {})[stage] = version
            case RegistryChangedOutside(stage=stage, found=version):
                found.setdefault(Stream(row.stream), {})[stage] = version
    return found
