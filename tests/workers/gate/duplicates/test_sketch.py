"""Winnowing keeps few grams, and always one that two texts share."""

from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from workers.gate.duplicates.sketch import (
    FIRST_NAME,
    GRAM,
    LITERAL,
    SURE,
    WINDOW,
    fingerprints,
    winnow,
)

CODES = st.integers(FIRST_NAME, FIRST_NAME + 30)
VALUES = st.lists(st.integers(0, 5), max_size=200)


def codes(values) -> "array[int]":
    return array("I", values)


@settings(max_examples=50)
@given(
    shared=st.lists(CODES, min_size=SURE, max_size=SURE + 40),
    before=st.lists(CODES, max_size=60),
    after=st.lists(CODES, max_size=60),
    other_before=st.lists(CODES, max_size=60),
    other_after=st.lists(CODES, max_size=60),
)
def test_texts_that_share_enough_tokens_share_a_fingerprint(
    shared, before, after, other_before, other_after
):
    ours = fingerprints(codes(before + shared + after))
    theirs = fingerprints(codes(other_before + shared + other_after))
    assert ours.keys() & theirs.keys()


@given(VALUES)
def test_every_window_has_its_least_value_chosen(values):
    chosen = set(winnow(values))
    windows = [range(at, at + WINDOW) for at in range(len(values) - WINDOW + 1)]
    for window in windows:
        least = min(values[at] for at in window)
        assert any(values[at] == least for at in chosen.intersection(window))


@given(VALUES)
def test_a_place_is_chosen_once_and_in_order(values):
    chosen = list(winnow(values))
    assert chosen == sorted(set(chosen))
    assert bool(chosen) == bool(values)


def test_of_the_same_value_over_and_over_one_in_a_window_is_chosen():
    assert len(list(winnow([7] * 1000))) == 1000 // WINDOW


def test_a_fingerprint_has_48_bits_and_says_where_it_begins():
    [(value, at)] = fingerprints(codes(range(FIRST_NAME, FIRST_NAME + GRAM))).items()
    assert 0 < value < 2**48
    assert at == 0


def test_a_table_of_data_has_no_fingerprint():
    row = [FIRST_NAME, LITERAL, LITERAL, FIRST_NAME + 1]
    assert fingerprints(codes(row * 100)) == {}


def test_less_than_a_gram_has_no_fingerprint():
    assert fingerprints(codes(range(2, GRAM + 1))) == {}
    assert fingerprints(codes([])) == {}
