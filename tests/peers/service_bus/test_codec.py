"""The parts of the peer that need no client: the codec and the window of message ids."""

import asyncio
from uuid import UUID

import pytest

from tests.peers.service_bus.codec import (
    Array,
    Cursor,
    Described,
    Int32,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
    encode,
)
from tests.peers.service_bus.duplicates import DuplicateWindow
from tests.peers.service_bus.errors import MalformedError

VALUES = [
    *[None, True, False, -1, 2**40, 0.5, "ü", b"\x00", [], [1, ["a"]], {"a": {}}, "x" * 300],
    *[UByte(7), UShort(7), UInt(7), ULong(7), ULong(700), Int32(-7), Timestamp(7), Symbol("a")],
    *[
        UUID("5a56b3ad-90d2-413d-910c-50250eaa1fd4"),
        Described(ULong(0x75), b"data"),
        Array([Symbol("a"), Symbol("b")]),
    ],
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_every_type_survives_the_wire(value: object):
    decoded = Cursor(encode(value)).value()
    assert decoded == value
    assert isinstance(decoded, list) or type(decoded) is type(value)


def test_bytes_that_end_early_are_malformed():
    with pytest.raises(MalformedError):
        Cursor(encode("a long word")[:-1]).value()


async def test_an_id_is_new_again_after_the_window():
    window = DuplicateWindow(0.05)
    assert [window.is_duplicate("a"), window.is_duplicate("a")] == [False, True]
    await asyncio.sleep(0.06)
    assert not window.is_duplicate("a")
