"""A number is said with the word that fits it."""

from core.count import count


def test_one_is_one_and_all_others_are_many():
    assert [count(number, "finding") for number in (0, 1, 2)] == [
        "0 findings",
        "1 finding",
        "2 findings",
    ]
    assert count(2, "entry", "entries") == "2 entries"
