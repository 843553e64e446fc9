"""Several events in one message: what a delivery brought travels together."""

from collections.abc import Iterable

import msgspec

from core.events import AnyEvent, Event, encode

_decoder: msgspec.json.Decoder[list[AnyEvent]] = msgspec.json.Decoder(list[AnyEvent])


def encode_batch(events: Iterable[Event]) -> bytes:
    """A JSON list of events, each as the ledger spells it."""
    return b"[" + b",".join(map(encode, events)) + b"]"


def decode_batch(data: bytes) -> list[AnyEvent]:
    """Raise msgspec.ValidationError for bytes that are no list of our events."""
    return _decoder.decode(data)
