"""The ledger verifies offline, and shows every kind of tampering."""

import msgspec
import pytest

from core.errors import LedgerBrokenError, RefusedByStoreError
from core.events.workers import StepFinished
from core.ledger import GENESIS, Entry, chain, entry, hash_data, to_line, verify
from core.results import Ran
from core.words import Stage, Step
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
    assert verify(changed(lines, 3, data="", salt="")).redacted == 1


TAMPERED = {
    "data changed": lambda lines: changed(lines, 2, data='{"id":"x"}'),
    "type changed": lambda lines: changed(lines, 2, type="StagePlaced"),
    "time changed": lambda lines: changed(lines, 2, time="2020-01-01T00:00:00+00:00"),
    "hash changed": lambda lines: changed(lines, 2, hash="0" * 64),
    "a line removed": lambda lines: [*lines[:2], *lines[3:]],
    "two lines swapped": lambda lines: [lines[1], lines[0], *lines[2:]],
    "a line repeated": lambda lines: [*lines[:2], lines[1], *lines[2:]],
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


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_nobody_could_read_back_is_not_taken_in(value):
    finished = StepFinished(
        id="finished/1", time=Story().push(1).events[0].time, release="loan-1",
        step=Step.EVALUATE, attempt=1, result=Ran(run="r", metrics={"auc": value}),
    )  # fmt: skip
    with pytest.raises(RefusedByStoreError, match=r"StepFinished in it .*metrics"):
        entry(finished, position=1, stream="loan", version=1, previous=GENESIS)
