"""Events as bytes: one for the ledger, several for a message of what a delivery brought."""

from collections.abc import Iterable
from types import ModuleType
from typing import Any, Final, Union

import msgspec

from core.events import derived, desk, outside, people, workers
from core.events.base import Event


def kinds_of(module: ModuleType) -> tuple[type[Event], ...]:
    """The kinds of event that a module defines."""
    return tuple(
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Event) and found is not Event
    )


# What these modules define is every kind there is: a new event is one class, and nothing else.
KINDS: Final[tuple[type[Event], ...]] = tuple(
    found for module in (outside, workers, people, derived, desk) for found in kinds_of(module)
)

_ANY: Any = Union[KINDS]  # noqa: UP007 - made of a tuple, which the other spelling cannot
_one: msgspec.json.Decoder[Event] = msgspec.json.Decoder(_ANY)
_many: msgspec.json.Decoder[list[Event]] = msgspec.json.Decoder(list[_ANY])
_encoder = msgspec.json.Encoder(order="deterministic")


def kind(event: Event) -> str:
    """The name of the event's kind, as the ledger spells it."""
    return type(event).__name__


def encode(event: Event) -> bytes:
    """The event's JSON, the same bytes for the same event."""
    return _encoder.encode(event)


def decode(data: bytes) -> Event:
    """Raise msgspec.ValidationError for bytes that are no event of ours."""
    return _one.decode(data)


def encode_batch(events: Iterable[Event]) -> bytes:
    """A JSON list of events, each as the ledger spells it."""
    return b"[" + b",".join(map(encode, events)) + b"]"


def decode_batch(data: bytes) -> list[Event]:
    """Raise msgspec.ValidationError for bytes that are no list of our events."""
    return _many.decode(data)
