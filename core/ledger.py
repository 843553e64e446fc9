"""The ledger's format: entries in a hash chain that anybody can verify without our server.

``hash = H(previous, version, id, type, time, H(salt + data))``: data and salt can be redacted
later, when only their hash is left, and the chain still verifies.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable
from typing import Final

import msgspec

from core.errors import LedgerBrokenError, RefusedByStoreError
from core.events.base import Event
from core.events.codec import decode, encode, kind

GENESIS: Final = "0" * 64

UNREADABLE = (
    "The ledger could not be read any more with this {kind} in it ({why}). Nothing was written; "
    "mend what brought it."
)
UNKNOWN = (
    "No entry has the hash {known}, which was noted as a head. The {count} entries follow each "
    "other, but the ledger was cut off, or written anew, since then; ask for a whole export."
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger. ``data`` is the event's JSON, byte for byte as it was committed."""

    position: int
    stream: str
    version: int
    id: str
    type: str
    time: str
    caused_by: str
    data: str
    salt: str
    data_hash: str
    previous: str
    hash: str


def entry(event: Event, *, position: int, stream: str, version: int, previous: str) -> Entry:
    """Raise RefusedByStoreError for what nobody could read back."""
    data, salt = _data(event), secrets.token_hex(16)
    data_hash = hash_data(salt, data)
    head = (stream, version, event.id, kind(event), event.time.isoformat())
    return Entry(
        position=position, stream=stream, version=version, id=event.id, type=kind(event),
        time=event.time.isoformat(), caused_by=event.caused_by, data=data, salt=salt,
        data_hash=data_hash, previous=previous, hash=chain(previous, *head, data_hash),
    )  # fmt: skip


def _data(event: Event) -> str:
    """JSON has no NaN, for example: a ``null`` in its place would spoil the stream for ever."""
    data = encode(event)
    try:
        decode(data)
    except msgspec.MsgspecError as error:
        raise RefusedByStoreError(UNREADABLE.format(kind=kind(event), why=error)) from None
    return data.decode()


def hash_data(salt: str, data: str) -> str:
    return hashlib.sha256((salt + data).encode()).hexdigest()


def chain(previous: str, *head: str | int) -> str:
    """Parts are joined as a JSON list, so that no two heads can spell the same text."""
    text = json.dumps([previous, *head], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def to_line(found: Entry) -> bytes:
    return msgspec.json.encode(found) + b"\n"


def verify(lines: Iterable[bytes], known: str = "") -> "Verdict":
    """Check an exported ledger from its first line to its last; raise LedgerBrokenError.

    ``known`` is a head that was noted earlier: without it nobody sees that the end is cut off.
    """
    previous, count, redacted, is_known = GENESIS, 0, 0, not known
    versions: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        found = _decode(line, number)
        _verify_one(found, previous, versions.get(found.stream, 0), number)
        versions[found.stream] = found.version
        previous, count = found.hash, count + 1
        redacted += not found.data
        is_known = is_known or found.hash == known
    if not is_known:
        raise LedgerBrokenError(UNKNOWN.format(known=known, count=count))
    return Verdict(entries=count, head=previous, redacted=redacted, streams=len(versions))


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """``head`` is the last hash: compare it with one that was written down elsewhere."""

    entries: int
    head: str
    redacted: int
    streams: int


def _decode(line: bytes, number: int) -> Entry:
    try:
        return msgspec.json.decode(line, type=Entry)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LedgerBrokenError(f"Line {number} is no ledger entry: {error}.") from None


def _verify_one(found: Entry, previous: str, version: int, number: int) -> None:
    where = f"Line {number} (position {found.position}, {found.stream} version {found.version})"
    if found.previous != previous:
        raise LedgerBrokenError(f"{where} does not follow the line before it.")
    if found.version != version + 1:
        raise LedgerBrokenError(f"{where} comes after version {version}: one is missing.")
    if found.data and hash_data(found.salt, found.data) != found.data_hash:
        raise LedgerBrokenError(f"{where}: its data was changed.")
    head = (found.stream, found.version, found.id, found.type, found.time)
    if chain(previous, *head, found.data_hash) != found.hash:
        raise LedgerBrokenError(f"{where}: its hash does not fit its content.")
    if found.data and not _fits(found):
        raise LedgerBrokenError(f"{where}: its data tells of another event than its head.")


class _Told(msgspec.Struct):
    """What an entry's data says of the event that it is."""

    id: str
    type: str


def _fits(found: Entry) -> bool:
    """Data that is no event fits no head."""
    try:
        told = msgspec.json.decode(found.data, type=_Told)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return (told.id, told.type) == (found.id, found.type)
