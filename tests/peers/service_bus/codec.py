"""The AMQP 1.0 type system: typed values to bytes and back.

Specification: https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-types-v1.0-os.html
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.peers.service_bus.errors import MalformedError


class UByte(int):
    """An unsigned number of one byte."""


class UShort(int):
    """An unsigned number of two bytes."""


class UInt(int):
    """An unsigned number of four bytes."""


class ULong(int):
    """An unsigned number of eight bytes."""


class Int32(int):
    """A signed number of four bytes; a plain int travels in eight."""


class Timestamp(int):
    """Milliseconds since 1970 in UTC."""


class Symbol(str):
    """A name from a fixed vocabulary, in ASCII."""

    __slots__ = ()


class Array(list[Any]):
    """Values of one type, at least one: the SDK misreads the array of no values."""


@dataclass(frozen=True, slots=True)
class Described:
    """A value with a descriptor that says what it means."""

    descriptor: Any
    value: Any


def encode(value: Any) -> bytes:
    """Encode in the widest form of each type, which is always legal and needs no choices."""
    return _ENCODERS[type(value)](value)


def encode_described(code: int, value: Any) -> bytes:
    return encode(Described(ULong(code), value))


def _number(constructor: int, layout: str) -> Callable[[Any], bytes]:
    packer = struct.Struct(">B" + layout)
    return lambda value: packer.pack(constructor, value)


def _binary(constructor: int, data: bytes) -> bytes:
    return struct.pack(">BI", constructor, len(data)) + data


def _compound(constructor: int, count: int, body: bytes) -> bytes:
    return struct.pack(">BII", constructor, len(body) + 4, count) + body


def _ulong(value: int) -> bytes:
    # The SDK finds a descriptor by its position and so reads only the one-byte form.
    return bytes((0x53, value)) if value < 0x100 else struct.pack(">BQ", 0x80, value)


def _map(value: dict[Any, Any]) -> bytes:
    body = b"".join(encode(key) + encode(item) for key, item in value.items())
    return _compound(0xD1, 2 * len(value), body)


def _array(value: Array) -> bytes:
    items = [encode(item) for item in value]
    return _compound(0xF0, len(items), items[0][:1] + b"".join(item[1:] for item in items))


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"\x40",
    bool: lambda value: b"\x41" if value else b"\x42",
    UByte: _number(0x50, "B"),
    UShort: _number(0x60, "H"),
    UInt: _number(0x70, "I"),
    ULong: _ulong,
    Int32: _number(0x71, "i"),
    int: _number(0x81, "q"),
    float: _number(0x82, "d"),
    Timestamp: _number(0x83, "q"),
    UUID: lambda value: b"\x98" + value.bytes,
    bytes: lambda value: _binary(0xB0, value),
    str: lambda value: _binary(0xB1, value.encode()),
    Symbol: lambda value: _binary(0xB3, value.encode()),
    list: lambda value: _compound(0xD0, len(value), b"".join(map(encode, value))),
    dict: _map,
    Array: _array,
    Described: lambda value: b"\x00" + encode(value.descriptor) + encode(value.value),
}


class Cursor:
    """Reads values from bytes one after another."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    @property
    def rest(self) -> bytes:
        return self.data[self.position :]

    def value(self) -> Any:
        return self.value_of(self.number("B"))

    def value_of(self, constructor: int) -> Any:
        read = _READERS.get(constructor)
        if read is None:
            raise MalformedError(f"constructor 0x{constructor:02x} is unknown")
        return read(self)

    def number(self, layout: str) -> Any:
        return struct.unpack(">" + layout, self.take(struct.calcsize(">" + layout)))[0]

    def take(self, size: int) -> bytes:
        chunk = self.data[self.position : self.position + size]
        if len(chunk) < size:
            raise MalformedError(f"{size} bytes announced, {len(chunk)} there")
        self.position += size
        return chunk


Reader = Callable[[Cursor], Any]


def _fixed(layout: str, kind: Callable[[Any], Any]) -> Reader:
    return lambda cursor: kind(cursor.number(layout))


def _sized(length: str, kind: Callable[[bytes], Any]) -> Reader:
    return lambda cursor: kind(cursor.take(cursor.number(length)))


def _items(length: str) -> Reader:
    def read(cursor: Cursor) -> list[Any]:
        cursor.number(length)  # the size in bytes; the count that follows is enough
        return [cursor.value() for _ in range(cursor.number(length))]

    return read


def _pairs(length: str) -> Reader:
    read_items = _items(length)

    def read(cursor: Cursor) -> dict[Any, Any]:
        items = read_items(cursor)
        return dict(zip(items[::2], items[1::2], strict=True))

    return read


def _elements(length: str) -> Reader:
    def read(cursor: Cursor) -> list[Any]:
        cursor.number(length)
        count = cursor.number(length)
        constructor = cursor.number("B")
        return [cursor.value_of(constructor) for _ in range(count)]

    return read


# The constructors of char and decimal are missing: no field of the protocol has these types.
_READERS: dict[int, Reader] = {
    0x00: lambda cursor: Described(cursor.value(), cursor.value()),
    0x40: lambda _: None,
    0x41: lambda _: True,
    0x42: lambda _: False,
    0x43: lambda _: UInt(0),
    0x44: lambda _: ULong(0),
    0x45: lambda _: [],
    0x50: _fixed("B", UByte),
    0x51: _fixed("b", int),
    0x52: _fixed("B", UInt),
    0x53: _fixed("B", ULong),
    0x54: _fixed("b", Int32),
    0x55: _fixed("b", int),
    0x56: _fixed("B", bool),
    0x60: _fixed("H", UShort),
    0x61: _fixed("h", int),
    0x70: _fixed("I", UInt),
    0x71: _fixed("i", Int32),
    0x72: _fixed("f", float),
    0x80: _fixed("Q", ULong),
    0x81: _fixed("q", int),
    0x82: _fixed("d", float),
    0x83: _fixed("q", Timestamp),
    0x98: lambda cursor: UUID(bytes=cursor.take(16)),
    0xA0: _sized("B", bytes),
    0xA1: _sized("B", bytes.decode),
    0xA3: _sized("B", lambda data: Symbol(data.decode())),
    0xB0: _sized("I", bytes),
    0xB1: _sized("I", bytes.decode),
    0xB3: _sized("I", lambda data: Symbol(data.decode())),
    0xC0: _items("B"),
    0xC1: _pairs("B"),
    0xD0: _items("I"),
    0xD1: _pairs("I"),
    0xE0: _elements("B"),
    0xF0: _elements("I"),
}
