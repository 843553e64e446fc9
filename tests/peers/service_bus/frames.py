"""AMQP frames: performatives with named fields, and their bytes.

Specification: https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transport-v1.0-os.html
"""

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from tests.peers.service_bus.codec import (
    Cursor,
    Described,
    Symbol,
    UByte,
    UInt,
    ULong,
    UShort,
    encode_described,
)
from tests.peers.service_bus.errors import AmqpError, MalformedError

MAX_FRAME_BYTES = 65_536
ERROR, SOURCE, TARGET = 0x1D, 0x28, 0x29
SASL_FRAME = 1


class Performative(IntEnum):
    """What a frame asks for."""

    OPEN = 0x10
    BEGIN = 0x11
    ATTACH = 0x12
    FLOW = 0x13
    TRANSFER = 0x14
    DISPOSITION = 0x15
    DETACH = 0x16
    END = 0x17
    CLOSE = 0x18
    SASL_MECHANISMS = 0x40
    SASL_INIT = 0x41
    SASL_OUTCOME = 0x44


class Outcome(IntEnum):
    """What became of a delivery."""

    ACCEPTED = 0x24
    REJECTED = 0x25
    RELEASED = 0x26
    MODIFIED = 0x27


def _as_is(value: Any) -> Any:
    return value


# The fields in their order on the wire, up to the last one that somebody reads or writes.
_FIELDS: dict[Performative, dict[str, Callable[[Any], Any]]] = {
    Performative.OPEN: {
        "container_id": str,
        "hostname": str,
        "max_frame_size": UInt,
        "channel_max": UShort,
    },
    Performative.BEGIN: {
        "remote_channel": UShort,
        "next_outgoing_id": UInt,
        "incoming_window": UInt,
        "outgoing_window": UInt,
        "handle_max": UInt,
    },
    Performative.ATTACH: {
        "name": str,
        "handle": UInt,
        "role": bool,
        "snd_settle_mode": UByte,
        "rcv_settle_mode": UByte,
        "source": _as_is,
        "target": _as_is,
        "unsettled": _as_is,
        "incomplete_unsettled": bool,
        "initial_delivery_count": UInt,
        "max_message_size": ULong,
    },
    Performative.FLOW: {
        "next_incoming_id": UInt,
        "incoming_window": UInt,
        "next_outgoing_id": UInt,
        "outgoing_window": UInt,
        "handle": UInt,
        "delivery_count": UInt,
        "link_credit": UInt,
        "available": UInt,
        "drain": bool,
        "echo": bool,
    },
    Performative.TRANSFER: {
        "handle": UInt,
        "delivery_id": UInt,
        "delivery_tag": bytes,
        "message_format": UInt,
        "settled": bool,
        "more": bool,
        "rcv_settle_mode": UByte,
        "state": _as_is,
        "resume": bool,
        "aborted": bool,
    },
    Performative.DISPOSITION: {
        "role": bool,
        "first": UInt,
        "last": UInt,
        "settled": bool,
        "state": _as_is,
    },
    Performative.DETACH: {"handle": UInt, "closed": bool, "error": _as_is},
    Performative.END: {"error": _as_is},
    Performative.CLOSE: {"error": _as_is},
    Performative.SASL_MECHANISMS: {"mechanisms": _as_is},
    Performative.SASL_INIT: {"mechanism": Symbol},
    Performative.SASL_OUTCOME: {"code": UByte},
}

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame with its fields by name; a field that is absent is None."""

    channel: int
    performative: Performative
    fields: Fields
    payload: bytes = b""


def encode_frame(frame: Frame) -> bytes:
    schema = _FIELDS[frame.performative]
    if unknown := frame.fields.keys() - schema.keys():
        raise TypeError(f"{frame.performative.name} has no field {sorted(unknown)}")
    values = [_typed(kind, frame.fields.get(name)) for name, kind in schema.items()]
    body = encode_described(frame.performative, values) + frame.payload
    frame_type = SASL_FRAME if frame.performative >= Performative.SASL_MECHANISMS else 0
    return struct.pack(">IBBH", len(body) + 8, 2, frame_type, frame.channel) + body


def _typed(kind: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else kind(value)


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """Read the next frame; None is a heartbeat."""
    size, offset, _, channel = struct.unpack(">IBBH", await reader.readexactly(8))
    if not 8 <= size <= MAX_FRAME_BYTES:
        raise MalformedError(f"a frame of {size} bytes")
    cursor = Cursor((await reader.readexactly(size - 8))[offset * 4 - 8 :])
    if not cursor.rest:
        return None
    described = cursor.value()
    performative = Performative(described.descriptor)
    names = list(_FIELDS[performative])
    values = described.value[: len(names)]
    values += [None] * (len(names) - len(values))
    return Frame(channel, performative, dict(zip(names, values, strict=True)), cursor.rest)


def error_value(error: AmqpError) -> Described:
    # All three fields: with fewer the SDK (7.15.0) fails inside and its send never returns.
    return Described(ULong(ERROR), [Symbol(error.condition), error.description, {}])


def outcome_value(outcome: Outcome, *fields: Any) -> Described:
    return Described(ULong(outcome), list(fields))
