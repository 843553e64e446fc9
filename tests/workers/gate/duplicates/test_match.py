"""Which rows two files share: to the very ends of a copy, and through what changed inside."""

import pytest

from tests.workers.gate.duplicates.code import made
from workers.gate.duplicates.match import Own, Stretch, stretches, without
from workers.gate.duplicates.sketch import sketch

COPY = made("age", 20)
BEFORE, AFTER = made("income", 7), made("debt", 9)


def compared(ours: str, theirs: str) -> list[Stretch]:
    own = Own(sketch=sketch("a.py", ours.encode()))
    return stretches(own, sketch("b.py", theirs.encode()))


def lines(ours: str, theirs: str) -> list[tuple[int, int, int, int]]:
    """Of these texts every line is a row, so that rows are lines but for the first number."""
    found = compared(ours, theirs)
    return [(s.first + 1, s.last + 1, s.other_first + 1, s.other_last + 1) for s in found]


def test_a_copy_is_found_to_its_ends():
    assert lines(BEFORE + COPY + AFTER, COPY) == [(8, 27, 1, 20)]
    assert lines(COPY, AFTER + COPY + BEFORE) == [(1, 20, 10, 29)]


def test_other_code_of_the_same_form_is_no_copy():
    assert lines(BEFORE, AFTER) == []


@pytest.mark.parametrize(
    ("theirs", "has_drifted"),
    [
        (COPY, False),
        (made("age", 20, comment="  # why"), False),
        (made("age", 20, literal="b"), True),
        (COPY.replace("age_join(age_4", "other_join(age_4"), True),
    ],
    ids=["same", "comments", "strings", "names"],
)
def test_a_copy_that_was_changed_is_one_copy(theirs, has_drifted):
    [found] = compared(COPY, theirs)
    assert (found.first, found.last) == (0, 19)
    assert found.has_drifted is has_drifted


@pytest.mark.parametrize("count", [1, 5])
def test_lines_that_were_put_in_are_part_of_it(count):
    rows = COPY.splitlines(keepends=True)
    theirs = "".join([*rows[:10], *["    checked = True\n"] * count, *rows[10:]])
    [found] = compared(COPY, theirs)
    assert (found.first, found.last, found.other_first, found.other_last) == (0, 19, 0, 19 + count)
    assert found.same == 20
    assert found.has_drifted


def test_a_copy_that_changed_all_over_is_one_copy():
    rows = made("age", 40).splitlines(keepends=True)
    theirs = "".join(
        "    checked = True\n" + row if n % 8 == 3 else row for n, row in enumerate(rows)
    )
    [found] = compared("".join(rows), theirs)
    assert (found.first, found.last, found.other_last) == (0, 39, 44)
    assert found.same == 40


def test_what_is_far_apart_is_two_copies():
    other = made("fraud", 30)
    assert lines(COPY + other + AFTER, COPY + BEFORE + AFTER) == [(1, 20, 1, 20), (51, 59, 28, 36)]


def test_a_copy_in_another_order_is_two_copies():
    one, two = made("age", 15), made("income", 15)
    assert lines(one + two, two + one) == [(1, 15, 16, 30), (16, 30, 1, 15)]


def test_lines_that_a_formatter_broke_are_still_found():
    theirs = COPY.replace("(age_", "(\n        age_").replace("5)", "5,\n    )")
    [found] = compared(COPY, theirs)
    assert found.same >= 15
    assert found.has_drifted


def test_rows_of_known_code_are_cut_out():
    template = sketch("t.py", BEFORE.encode())
    own = without(sketch("a.py", (BEFORE + COPY).encode()), template.prints)
    [found] = stretches(own, sketch("b.py", (BEFORE + COPY).encode()))
    assert found.first >= 6
    assert found.last == 26


@pytest.mark.parametrize(
    ("same", "last", "is_copy"), [(12, 11, True), (12, 22, True), (12, 24, False), (11, 10, False)]
)
def test_a_copy_has_enough_rows_and_most_are_the_same(same, last, is_copy):
    found = Stretch(
        first=0, last=last, other_first=0, other_last=last, same=same, has_drifted=False
    )
    assert found.is_copy(12) is is_copy
