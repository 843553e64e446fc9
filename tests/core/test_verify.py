"""An exported ledger verifies offline, and shows every kind of tampering."""

from io import BytesIO
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import LedgerBrokenError
from core.ledger import GENESIS, Entry, chain, entry, hash_data, to_line
from core.verify import verify
from core.words import Stage
from tests.core.story import Story


@pytest.fixture
def lines():
    story = Story().push(1).to_registered().promoted(Stage.QA)
    previous, found = GENESIS, []
    for number, event in enumerate(story.events, start=1):
        line = entry(event, position=number, stream="loan", version=number, previous=previous)
        previous = line.hash
        found.append(to_line(line))
    return found


def changed(lines, number, **changes):
    found = msgspec.structs.replace(msgspec.json.decode(lines[number], type=Entry), **changes)
    return [*lines[:number], to_line(found), *lines[number + 1 :]]


def test_an_untouched_ledger_verifies(lines):
    assert verify(lines).entries == len(lines)


def test_a_ledger_that_has_grown_still_holds_the_head_that_was_noted(lines):
    noted = verify(lines[:4]).head
    assert verify(lines, noted).entries == len(lines)


def test_one_that_was_cut_off_does_not_hold_it(lines):
    noted = verify(lines).head
    assert verify(lines[:-2]).entries == len(lines) - 2
    with pytest.raises(LedgerBrokenError, match="cut off, or written anew"):
        verify(lines[:-2], noted)


def test_redacted_data_still_verifies_and_is_counted(lines):
    [redaction] = verify(changed(lines, 3, data="", salt="")).redactions
    event = msgspec.json.decode(lines[3], type=Entry)
    told = (redaction.position, redaction.stream, redaction.id, redaction.type)
    assert told == (4, "loan", event.id, event.type)


def test_a_ledger_with_every_line_blanked_tells_each_of_them(lines):
    for number in range(len(lines)):
        lines = changed(lines, number, data="", salt="")
    assert len(verify(lines).redactions) == len(lines)


def spelled(lines, now, before):
    """The third line in another spelling, its hashes untouched."""
    assert before in lines[2]
    return [*lines[:2], lines[2].replace(before, now, 1), *lines[3:]]


TAMPERED = {
    "data changed": lambda lines: changed(lines, 2, data='{"id":"x"}'),
    "type changed": lambda lines: changed(lines, 2, type="StagePlaced"),
    "time changed": lambda lines: changed(lines, 2, time="2020-01-01T00:00:00+00:00"),
    "hash changed": lambda lines: changed(lines, 2, hash="0" * 64),
    "a line removed": lambda lines: [*lines[:2], *lines[3:]],
    "two lines swapped": lambda lines: [lines[1], lines[0], *lines[2:]],
    "a line repeated": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "position changed": lambda lines: changed(lines, 2, position=7),
    "all positions moved": lambda lines: [
        to_line(msgspec.structs.replace(each, position=each.position + 1))
        for each in map(msgspec.json.Decoder(Entry).decode, lines)
    ],
    "caused_by changed": lambda lines: changed(lines, 2, caused_by="x"),
    "redacted with its salt": lambda lines: changed(lines, 2, data=""),
    "salt emptied": lambda lines: changed(lines, 2, salt=""),
    "field added": lambda lines: spelled(lines, b'{"a":1,', b"{"),
    "field doubled": lambda lines: spelled(lines, b'{"position":3,"position":3', b'{"position":3'),
    "field doubled, hidden": lambda lines: spelled(
        lines, b'{"stream":"x","position":3', b'{"position":3'
    ),
    "field taken out": lambda lines: spelled(lines, b"", b'"version":3,'),
    "fields in another order": lambda lines: spelled(
        lines, b'{"stream":"loan","position":3,', b'{"position":3,"stream":"loan",'
    ),
    "number as text": lambda lines: spelled(lines, b'"position":"3"', b'"position":3'),
    "number with a point": lambda lines: spelled(lines, b'"position":3.0', b'"position":3'),
    "number with an exponent": lambda lines: spelled(lines, b'"position":3e0', b'"position":3'),
    "number with a sign": lambda lines: spelled(lines, b'"position":-3', b'"position":3'),
    "huge number": lambda lines: spelled(lines, b'"position":' + b"9" * 5000, b'"position":3'),
    "no number": lambda lines: spelled(lines, b'"position":null', b'"position":3'),
    "truth for a number": lambda lines: spelled(lines, b'"position":true', b'"position":3'),
    "a blank": lambda lines: spelled(lines, b'"position": 3', b'"position":3'),
    "an escaped letter": lambda lines: spelled(lines, b'"\\u006coan"', b'"loan"'),
    "half a letter": lambda lines: spelled(lines, b'"\\ud800"', b'"loan"'),
    "bytes behind the entry": lambda lines: spelled(lines, b"} \n", b"}\n"),
    "another line end": lambda lines: spelled(lines, b"}\r\n", b"}\n"),
    "no line end": lambda lines: spelled(lines, b"}", b"}\n"),
    "an empty line": lambda lines: [*lines, b"\n"],
    "a mark at its beginning": lambda lines: [b"\xef\xbb\xbf" + lines[0], *lines[1:]],
    "no entries but a list": lambda lines: [b"[" * 100_000],
    "no ledger at all": lambda lines: [b"hello"],
    "no text": lambda lines: [lines[0].replace(b'"loan"', b'"\xff"', 1)],
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_named_with_its_line(lines, what):
    with pytest.raises(LedgerBrokenError, match="Line "):
        verify(TAMPERED[what](lines))


def test_a_forged_event_with_fitting_hashes_breaks_the_line_after_it(lines):
    first = msgspec.json.decode(lines[0], type=Entry)
    forged = entry(
        Story().push(9).events[0], position=1, stream="loan", version=1, previous=first.previous
    )
    with pytest.raises(LedgerBrokenError, match="Line 2"):
        verify([to_line(forged), *lines[1:]])


def with_data(lines, data):
    """The first line with other data, and hashes that fit it."""
    found = msgspec.json.decode(lines[0], type=Entry)
    head = (found.stream, found.version, found.id, found.type, found.time)
    kept = hash_data(found.salt, data)
    fitting = chain(found.previous, *head, kept)
    return changed(lines[:1], 0, data=data, data_hash=kept, hash=fitting)


NO_EVENTS = ["{", "1", "[1]", "{}", '{"id":7}', "[" * 200_000, '{"a":' * 200_000, f"[{'9' * 6000}]"]


@pytest.mark.parametrize("data", NO_EVENTS, ids=lambda data: data[:8])
def test_data_that_is_no_event_breaks_its_line_whatever_its_hash_says(lines, data):
    with pytest.raises(LedgerBrokenError, match=r"Line 1 .*another event"):
        verify(with_data(lines, data))


def test_a_moved_boundary_of_salt_and_data_breaks_the_line(lines):
    """The hash is over both in a row, wherever one ends and the other begins."""
    found = msgspec.json.decode(lines[0], type=Entry)
    both = found.salt + found.data
    for at in range(1, len(both)):
        if at != len(found.salt):
            with pytest.raises(LedgerBrokenError, match="Line 1 "):
                verify(changed(lines, 0, salt=both[:at], data=both[at:]))


@pytest.mark.parametrize("noted", ["3f9c", "g" * 64, "0" * 63, "F" * 64, "\n"])
def test_a_noted_head_that_is_none_is_refused(lines, noted):
    with pytest.raises(LedgerBrokenError, match="is no head"):
        verify(lines, noted)


def test_no_entries_verify_nothing():
    with pytest.raises(LedgerBrokenError, match="no entry in it"):
        verify([])


def mutated(random, data):
    """A file after some changes of single bytes, blocks and lines."""
    for _ in range(random.randint(1, 3)):
        at, to = sorted(random.randrange(len(data) + 1) for _ in range(2))
        to = min(to, at + random.choice([1, 1, 3, 50, 5000]))
        piece = random.choice(
            [b"", bytes([random.randrange(256)]), data[at:to] * 2, random.randbytes(3), b"\\ud800",
             b'"', b"{", b"\n", b"9" * 400, b"null", b"\\u0000", b"1e999", b"-0", data[:to][-70:]]
        )  # fmt: skip
        data = data[:at] + piece + data[to:]
    return data


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_bytes_are_it_answers_in_words(lines, seed):
    random, whole = Random(seed), b"".join(lines)  # noqa: S311 - the same each time
    for _ in range(100):
        data = mutated(random, whole)
        if data == whole or whole.startswith(data):
            continue
        with pytest.raises(LedgerBrokenError, match=r"Line \d+|no entry in it"):
            verify(BytesIO(data))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_are_a_ledger_by_chance(data):
    with pytest.raises(LedgerBrokenError):
        verify(BytesIO(data))
