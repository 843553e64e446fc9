"""Packed releases read as a dictionary of releases does, and unpack only what is asked for."""

import msgspec
import pytest

from core.release.packed import PackedReleases, joined
from core.words import ReleaseId
from tests.core.story import Story

FIRST, SECOND = ReleaseId("loan-1"), ReleaseId("loan-2")


@pytest.fixture
def plain():
    return Story().push(1).to_acceptance().push(2).model.releases


@pytest.fixture
def found(plain):
    return PackedReleases({key: msgspec.msgpack.encode(value) for key, value in plain.items()})


def still_packed(found):
    return [key for key, value in found._found.items() if isinstance(value, bytes)]


def test_it_reads_as_a_dictionary_does(found, plain):
    assert found == plain
    assert plain == found
    assert [*found] == [*plain]
    assert [*found.values()] == [*plain.values()]
    assert found[SECOND] == plain[SECOND]
    assert found.get(ReleaseId("loan-9")) is None
    with pytest.raises(KeyError):
        found[ReleaseId("loan-9")]


def test_a_release_is_unpacked_once_and_is_the_same_object_each_time(found):
    assert found[FIRST] is found[FIRST]
    assert still_packed(found) == [SECOND]


def test_nothing_is_unpacked_to_count_to_find_or_to_join(found, plain):
    newer = msgspec.structs.replace(plain[SECOND], reason="newer")
    both = joined(found, {SECOND: newer, ReleaseId("loan-3"): newer})

    assert (len(found), FIRST in found, "loan-9" in found) == (2, True, False)
    assert [*both] == [FIRST, SECOND, "loan-3"]
    assert both[SECOND] is newer
    assert still_packed(found) == [FIRST, SECOND]
    assert still_packed(both) == [FIRST]


def test_what_was_unpacked_stays_so_in_what_is_joined_from_it(found, plain):
    first = found[FIRST]

    assert joined(found, {SECOND: plain[SECOND]})[FIRST] is first
