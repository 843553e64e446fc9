"""What of a text is compared, on which line it is, and that no text takes long to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.gate.duplicates.sketch import PYTHON_CODE, SQL_CODE, Language, Reading


def read(text: str, language: Language = PYTHON_CODE) -> Reading:
    return Reading(text, language)


def shapes(text: str, language: Language = PYTHON_CODE) -> list[int]:
    return [look >> 16 for look in read(text, language).looks]


ALIKE = [
    ("x = 1", "x  =  2.5e-7"),
    ("x = 'a'", 'x = "another \\" one"'),
    ("x = f(a, b)", "x = f(a, b,)  # why"),
    ("x = '''a\nb'''", "x = 1"),
    ("if x:\n    y()", "if x:\n\n  # hm\n        y()"),
    ("x = 1", "import os\nfrom a import (\n    b,\n    c,\n)\nx = 1"),
    ("x = 1", "# MAGIC %md\n# MAGIC some words\n\nx = 1"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_texts_that_say_the_same(one, other):
    assert shapes(one) == shapes(other)
    assert read(one).codes == read(other).codes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "y = 1"),
        ("x = 1", "x += 1"),
        ("f(a)", "f[a]"),
        ("x == y", "x = y"),
        ("yield from x", "yield x"),
        ("x = 1", "x = 1\nx = 1"),
    ],
)
def test_texts_that_say_something_else(one, other):
    assert shapes(one) != shapes(other)


def test_other_strings_and_numbers_are_seen_in_the_look_and_other_comments_are_not():
    [look] = read("x = 1").looks
    assert read("x = 2").looks != [look]
    assert read("x  =  1  # now").looks == [look]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("x = 1\n\n# why\ny = 2\n", [1, 4]),
        ("\n\nx = '''\na\n'''\ny = 2", [3, 6]),
        ("x = f('''\na''', b)\ny = 2", [1, 3]),
        ("from a import (\n  b,\n)\nx = 1", [4]),
        ("x = 1\r\ny = 2\r\n", [1, 2]),
        ("'''never\nclosed", [1]),
        ("x = 'never closed\ny = 2", [1, 2]),
        ("", []),
    ],
)
def test_rows_know_their_lines(text, numbers):
    assert read(text).numbers == numbers


def test_a_token_knows_its_row():
    reading = read("x = 1\ny = 2")
    assert [reading.row(token) for token in range(6)] == [0, 0, 0, 1, 1, 1]


def test_sql_compares_without_case_and_comments():
    one = "SELECT a, sum(b) -- the sum\nFROM loans /* all\nof them */ WHERE c = 'x'"
    other = "select a, SUM(b)\nfrom Loans\nwhere c = 'it''s'"
    assert read(one, SQL_CODE).codes == read(other, SQL_CODE).codes
    assert read(one, SQL_CODE).numbers == [1, 2, 3]


def test_the_sql_of_a_databricks_notebook_is_code():
    cell = "# MAGIC %sql\n# MAGIC SELECT a FROM loans\n"
    assert read(cell).numbers == [1, 2]


HOSTILE = {
    "one line": "x = [" + "1, " * 75_000 + "]",
    "blanks": " " * 250_000,
    "blank lines": "\n \t" * 75_000,
    "open strings": "'\n" * 75_000,
    "open long strings": '"""\\"' * 50_000,
    "backslashes": '"' + "\\" * 250_000,
    "open comments": "/*" * 125_000,
    "imports": "import (" * 32_000,
    "open imports": "from a import (\n" * 15_000,
    "magic": "# MAGIC %md\n# MAGIC" * 15_000,
    "brackets": "(" * 250_000,
    "digits": "1" * 250_000,
    "dots": "1e-" * 75_000,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("language", [PYTHON_CODE, SQL_CODE], ids=["python", "sql"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_time_is_linear_whatever_the_text(text, language):
    read(text, language)


@given(st.text(alphabet="ab'\"\\#\n (1,=/*-é\0"))
def test_any_text_can_be_read(text):
    for language in (PYTHON_CODE, SQL_CODE):
        reading = read(text, language)
        assert reading.numbers == sorted(reading.numbers)
        assert all(1 <= number <= text.count("\n") + 1 for number in reading.numbers)
