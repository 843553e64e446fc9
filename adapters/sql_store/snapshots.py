"""Snapshots: the state of each stream beside the ledger, so that a first look folds few events.

A snapshot has one part for each entry that grows with a stream (a release, a branch, a letter), and
a head for the rest. A release stays packed until it is asked for. A commit writes the head and the
parts that it changed. Every part has a tag of the code that made it: after a change of the code the
stream is folded anew from its events.
"""

import hashlib
import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from adapters.sql_store.schema import parts
from core import checkpoint, fold_checkpoints, hook_incident
from core import desk as desk_module
from core.desk import Desk, desk_after
from core.events.base import Event
from core.release import base, model, promotion, release, slim, state
from core.release.fold import MOVERS, folds
from core.release.fold.folds import touched
from core.release.model import Model
from core.release.packed import PackedReleases
from core.release.release import Release
from core.release.slim import grown
from core.words import PLATFORM, ReleaseId, Stream

State = Model | Desk

RELEASES: Final = "releases"
GROWING: Final[dict[type[State], tuple[str, ...]]] = {
    Model: (RELEASES, "pushes", "pushers", "creators", "landed"),
    Desk: ("letters", "checkpoints", "approved"),
}
HEAD: Final = "head"
MADE_BY: Final = (
    sys.modules[__name__], checkpoint, fold_checkpoints, hook_incident, desk_module, base, model,
    promotion, release, slim, state, folds, *MOVERS,
)  # fmt: skip

_encode = msgspec.msgpack.Encoder().encode


def _tag() -> str:
    """Hash the states' schema and the code that folds them: a change of either gives a new tag."""
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
    if name != RELEASES
}
_PACKED: Final = msgspec.msgpack.Decoder(tuple[ReleaseId, bool, msgspec.Raw])

# made once: SQLAlchemy takes longer to make a statement than SQLite to run it
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
    """Return the state, or None without a snapshot or with one of another version of the code.

    It is one statement: on PostgreSQL a second one might see what another process has committed.
    """
    rows = connection.execute(_ROWS, {"of": stream}).all()
    if not rows or any(row.tag != TAG for row in rows):
        return None
    heads = [row.data for row in rows if row.kind == HEAD]
    return _joined(stream, heads[0], sorted(rows, key=_number)) if heads else None


def keep(
    connection: sa.Connection,
    stream: Stream,
    states: tuple[State, State],
    events: Sequence[Event],
) -> None:
    """Bring the snapshot from one state to the next; a missing one is written whole."""
    before, now = states
    versions = {"was": before.version, "becomes": now.version}
    moved = connection.execute(_MOVE_HEAD, {"of": stream, "bytes": _head(now), **versions})
    if not moved.rowcount:
        keep_whole(connection, stream, now)
        return
    for name in GROWING[type(now)]:
        keys = changed(states, name, events)
        _keep_entries(connection, (stream, name), keys, states)


def keep_whole(connection: sa.Connection, stream: Stream, now: State) -> None:
    connection.execute(sa.delete(parts).where(parts.c.stream == stream))
    rows = [_row(stream, HEAD, "", 0, _head(now))]
    for name in GROWING[type(now)]:
        entries: Mapping[str, Any] = getattr(now, name)
        rows.extend(
            _row(stream, name, key, number, _entry(key, value))
            for number, (key, value) in enumerate(entries.items())
        )
    for row in rows:
        row["version"] = now.version
    connection.execute(sa.insert(parts), rows)


def changed(states: tuple[State, State], name: str, events: Sequence[Event]) -> list[Any]:
    """Return the keys of a field whose entry is new or another object; no values are compared.

    Only those releases are looked at that the events name, as a long stream has many.
    """
    before, now = getattr(states[0], name), getattr(states[1], name)
    if before is now:
        return []
    named = touched(events) if name == RELEASES else now
    return [key for key in named if key in now and before.get(key) is not now[key]]


def _keep_entries(
    connection: sa.Connection,
    at: tuple[Stream, str],
    keys: Sequence[str],
    states: tuple[State, State],
) -> None:
    stream, name = at
    before, now = getattr(states[0], name), getattr(states[1], name)
    there = [key for key in keys if key in before]
    new = [key for key in keys if key not in before]
    if there:
        connection.execute(
            _CHANGE, [_name(at, key) | {"bytes": _entry(key, now[key])} for key in there]
        )
    if new:
        rows = [
            _row(stream, name, key, number, _entry(key, now[key]))
            for number, key in enumerate(new, start=len(before))
        ]
        connection.execute(sa.insert(parts), rows)
    if len(now) < len(before) + len(new):
        connection.execute(_REMOVE, [_name(at, key) for key in before.keys() - now.keys()])


def _name(at: tuple[Stream, str], key: str) -> dict[str, Any]:
    return {"of": at[0], "what": at[1], "name": _digest(key)}


def _head(now: State) -> bytes:
    """Encode the state without its parts; which releases are live is read from those."""
    empty: dict[str, Any] = {name: {} for name in GROWING[type(now)]}
    if isinstance(now, Model):
        empty["live_ids"] = ()
    return _encode(msgspec.structs.replace(now, **empty))


def _entry(key: str, value: Any) -> bytes:
    """Encode a part; whether a release is live stands beside it, to be read without unpacking."""
    if isinstance(value, Release):
        return _encode((key, not value.is_final, value))
    return _encode((key, value))


def _joined(stream: Stream, head: bytes, rows: Sequence[Any]) -> State:
    kind = type(begin(stream))
    entries: dict[str, Any] = {name: {} for name in GROWING[kind]}
    for row in rows:
        if row.kind in _ENTRIES:
            key, value = _ENTRIES[row.kind].decode(row.data)
            entries[row.kind][key] = value
    if kind is Model:
        entries |= _packed(row.data for row in rows if row.kind == RELEASES)
    joined: State = msgspec.structs.replace(_HEADS[kind].decode(head), **entries)
    return joined


def _packed(rows: Iterable[bytes]) -> dict[str, Any]:
    releases: dict[ReleaseId, Release | bytes] = {}
    live = []
    for row in rows:
        key, is_live, packed = _PACKED.decode(row)
        releases[key] = bytes(packed)
        if is_live:
            live.append(key)
    return {RELEASES: PackedReleases(releases), "live_ids": tuple(live)}


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
    """Return a short digest, as a branch may have a name that no index takes."""
    return hashlib.sha256(key.encode()).hexdigest()[:32] if key else ""


def _number(row: Any) -> int:
    return int(row.number)
