"""A message that is sent again gets an id that fits into the queue and stays unique."""

import pytest

from core.words import message_id

SUFFIX = "~redrive-12"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ado/1/2/refs/heads/main", "ado/1/2/refs/heads/main~redrive-12"),
        ("x" * 117, "x" * 117 + SUFFIX),
        ("x" * 118, "x" * 100 + "~d4fc3f146a19ae04" + SUFFIX),
    ],
)
def test_it_fits_into_what_the_service_takes(name: str, expected: str):
    assert message_id(name, SUFFIX) == expected
    assert len(expected) <= 128


def test_long_ids_that_differ_at_the_end_stay_apart():
    assert message_id("x" * 127 + "a", SUFFIX) != message_id("x" * 127 + "b", SUFFIX)
