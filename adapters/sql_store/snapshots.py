"""The state of each stream in parts beside the ledger, so that a first look folds next to nothing.

What grows with a stream (its releases, branches, letters) is one part each, and the rest is the
head. A commit writes the head and the parts that it changed. Every part bears a tag of the code
that made it: after a change of the code the stream is folded anew from its events.
"""

import hashlib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec
import sqlalchemy as sa

from adapters.sql_store.schema import parts
from core import desk as desk_module
from core.desk import Desk, desk_after
from core.events.base import Event
from core.release import model, promotion, release, slim, state
from core.release.fold import MOVERS, folds
from core.release.model import Model
from core.release.slim import grown
from core.words import PLATFORM, Stream

State = Model | Desk
K = TypeVar("K")
V = TypeVar("V")

GROWING: Final[dict[type[State], tuple[str, ...]]] = {
    Model: ("releases", "pushes", "creators"),
    Desk: ("letters",),
}
HEAD: Final = "head"
BLOCK: Final = 100
MADE_BY: Final = (desk_module, model, promotion, release, slim, state, folds, *MOVERS)

_encode = msgspec.msgpack.Encoder().encode


def _tag() -> str:
    """Whoever changes how a state looks or is folded need not think of the snapshots."""
    known = hashlib.sha256()
    for kind in GROWING:
        known.update(msgspec.json.encode(msgspec.json.schema(kind)))
    for module in MADE_BY:
        known.update(inspect.getsource(module).encode())
    return known.hexdigest()[:16]


def _entry_type(kind: type[State], name: str) -> Any:
    found = next(field.type for field in msgspec.structs.fields(kind) if field.name == name)
    return tuple.__class_getitem__(found.__args__)


TAG: Final = _tag()
_HEADS: Final = {kind: msgspec.msgpack.Decoder(kind) for kind in GROWING}
_ENTRIES: Final = {
    name: msgspec.msgpack.Decoder(_entry_type(kind, name))
    for kind, names in GROWING.items()
    for name in names
}

# made once: what SQLAlchemy does to make a statement costs more than SQLite does to run it
_OF: Final = parts.c.stream == sa.bindparam("of")
_ONE: Final = _OF & (parts.c.kind == sa.bindparam("what")) & (parts.c.key == sa.bindparam("name"))
_ROWS: Final = sa.select(parts.c.kind, parts.c.number, parts.c.tag, parts.c.data).where(_OF)
_CHANGE: Final = sa.update(parts).where(_ONE).values(tag=TAG, data=sa.bindparam("bytes"))
_REMOVE: Final = sa.delete(parts).where(_ONE)
_MOVE_HEAD: Final = (
    sa.update(parts)
    .where(_OF, parts.c.kind == HEAD, parts.c.key == "", parts.c.tag == TAG)
    .where(parts.c.version == sa.bindparam("was"))
    .values(version=sa.bindparam("becomes"), data=sa.bindparam("bytes"))
)


def begin(stream: Stream) -> State:
    return Desk() if stream == PLATFORM else Model(stream=stream)


def after(before: State, events: Iterable[Event]) -> State:
    return desk_after(before, events) if isinstance(before, Desk) else grown(before, events)


def read(connection: sa.Connection, stream: Stream) -> State | None:
    """None when there is none, or other code has made a part of it.

    One statement: on PostgreSQL a second one might already see what another process committed.
    """
    rows = connection.execute(_ROWS, {"of": stream}).all()
    if not rows or any(row.tag != TAG for row in rows):
        return None
    heads = [row.data for row in rows if row.kind == HEAD]
    return _joined(stream, heads[0], sorted(rows, key=_number)) if heads else None


def keep(connection: sa.Connection, stream: Stream, before: State, now: State) -> None:
    """Bring the snapshot from one state to the next; where there is none it is written whole."""
    versions = {"was": before.version, "becomes": now.version}
    moved = connection.execute(_MOVE_HEAD, {"of": stream, "bytes": _head(now), **versions})
    if not moved.rowcount:
        keep_whole(connection, stream, now)
        return
    for name in GROWING[type(now)]:
        _keep_changed(connection, stream, name, (getattr(before, name), getattr(now, name)))


def keep_whole(connection: sa.Connection, stream: Stream, now: State) -> None:
    connection.execute(sa.delete(parts).where(parts.c.stream == stream))
    rows = [_row(stream, HEAD, "", 0, _head(now))]
    for name in GROWING[type(now)]:
        entries: Mapping[str, Any] = getattr(now, name)
        rows.extend(
            _row(stream, name, key, number, _encode((key, value)))
            for number, (key, value) in enumerate(entries.items())
        )
    for row in rows:
        row["version"] = now.version
    connection.execute(sa.insert(parts), rows)


def changed(before: Mapping[K, V], now: Mapping[K, V]) -> Iterator[K]:
    """The keys of what is new or another object.

    Lists compare by identity first, and fast: of 10,000 releases only the block is looked through
    in which one has changed.
    """
    if before is now:
        return
    keys, old, new = [*now], [*before.values()], [*now.values()]
    if keys[: len(old)] != [*before]:  # something was removed
        yield from (key for key in keys if before.get(key) is not now[key])
        return
    for start in range(0, len(old), BLOCK):
        some = slice(start, min(start + BLOCK, len(old)))
        if old[some] != new[some]:
            triples = zip(keys[some], old[some], new[some], strict=True)
            yield from (key for key, one, other in triples if one is not other)
    yield from keys[len(old) :]


def _keep_changed(
    connection: sa.Connection,
    stream: Stream,
    name: str,
    states: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> None:
    before, now = states
    there: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for key in changed(before, now):
        data = _encode((key, now[key]))
        if key in before:
            there.append({"of": stream, "what": name, "name": _digest(key), "bytes": data})
        else:
            new.append(_row(stream, name, key, len(before) + len(new), data))
    if there:
        connection.execute(_CHANGE, there)
    if new:
        connection.execute(sa.insert(parts), new)
    if len(now) < len(before) + len(new):
        gone = [{"of": stream, "what": name, "name": _digest(key)} for key in before.keys() - now]
        connection.execute(_REMOVE, gone)


def _head(now: State) -> bytes:
    """What is left of the state; which releases are live is read from them."""
    empty: dict[str, Any] = {name: {} for name in GROWING[type(now)]}
    if isinstance(now, Model):
        empty["live_ids"] = ()
    return _encode(msgspec.structs.replace(now, **empty))


def _joined(stream: Stream, head: bytes, rows: Iterable[Any]) -> State:
    kind = type(begin(stream))
    entries: dict[str, dict[str, Any]] = {name: {} for name in GROWING[kind]}
    for row in rows:
        if row.kind != HEAD:
            key, value = _ENTRIES[row.kind].decode(row.data)
            entries[row.kind][key] = value
    joined: State = msgspec.structs.replace(_HEADS[kind].decode(head), **entries)
    if isinstance(joined, Model):
        live = (found.id for found in joined.releases.values() if not found.is_final)
        return msgspec.structs.replace(joined, live_ids=tuple(live))
    return joined


def _row(stream: Stream, kind: str, key: str, number: int, data: bytes) -> dict[str, Any]:
    return {
        "stream": stream,
        "kind": kind,
        "key": _digest(key),
        "number": number,
        "version": 0,
        "tag": TAG,
        "data": data,
    }


def _digest(key: str) -> str:
    """A branch may have a name that no index takes."""
    return hashlib.sha256(key.encode()).hexdigest()[:32] if key else ""


def _number(row: Any) -> int:
    return int(row.number)
