"""The ledger's format: entries in a hash chain that anybody can verify without our server.

``hash = H(previous, version, id, type, time, H(salt + data))``: data and salt can be redacted
later, when only their hash is left, and the chain still verifies (``core/verify.py``).
"""

import hashlib
import json
import secrets
from typing import Annotated, Final

import msgspec

from core.errors import RefusedByStoreError
from core.events.base import Event
from core.events.codec import decode, encode, kind

GENESIS: Final = "0" * 64

UNREADABLE = (
    "The ledger could not be read any more with this {kind} in it ({why}). Nothing was written; "
    "mend what brought it."
)
Number = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the ledger. ``data`` is the event's JSON, byte for byte as it was committed."""

    position: Number
    stream: str
    version: Number
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
