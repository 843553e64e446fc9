"""The house stays easy to walk through: no circle, few drawers, and one meaning for a name."""

from pathlib import Path

import pytest

from scripts.house import PACKAGES, House, report

ROOT = Path(__file__).parents[1]
# Of the modules, those that one other reads: lower it with every one that goes home.
MOST_DRAWERS = 0.239
LEAST_TESTS = 0.83  # lines of tests for each line of source


@pytest.fixture(scope="module")
def house():
    return House(ROOT)


def test_nothing_goes_round_in_a_circle(house):
    assert house.circles == []


def test_a_public_class_name_means_one_thing(house):
    assert house.names == {}


def test_most_modules_are_read_by_more_than_one(house):
    assert house.share <= MOST_DRAWERS, "\n".join(f"{a} <- {b}" for a, b in house.drawers.items())


def test_the_tests_grow_with_the_source(house):
    assert house.test_lines / house.source_lines >= LEAST_TESTS


def built(folder, **texts):
    """A house of small modules; a double underscore stands for a slash."""
    for package in PACKAGES:
        (folder / package).mkdir()
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
    return House(folder)


def test_modules_that_import_each_other_are_a_circle(tmp_path):
    house = built(tmp_path, core__a="from core import b", core__b="def late():\n    import core.a")
    assert house.circles[0] == ["core.a", "core.b"]


def test_folders_that_import_each_other_are_a_circle_though_no_module_is_in_one(tmp_path):
    house = built(
        tmp_path,
        core__x__a="import core.y.a",
        core__y__a="",
        core__y__b="import core.x.b",
        core__x__b="",
    )
    assert house.circles == [["core.x", "core.y"]]


def test_a_module_with_one_reader_is_a_drawer(tmp_path):
    house = built(
        tmp_path, core__a="", core__b="", bot__x="import core.a, core.b", bot__y="import core.b"
    )
    assert house.drawers == {"core.a": "bot.x"}


def test_what_only_a_list_names_is_no_drawer(tmp_path):
    house = built(tmp_path, bot__a="")
    (tmp_path / "bot" / "__init__.py").write_text("from bot.a import A\n")
    assert (house.counted, house.drawers) == ([], {})


def test_the_same_name_in_two_modules_has_two_meanings(tmp_path):
    house = built(
        tmp_path, core__a="class A: ...\nclass _B: ...", core__b="class A: ...\nclass _B: ..."
    )
    assert house.names == {"A": ["core.a", "core.b"]}


def test_the_report_names_every_number(house):
    text = "\n".join(report(house, is_long=True))
    for number in (
        "rooms",
        "arrows",
        "circles",
        "one importer",
        "two meanings",
        "300 lines",
        "tests/",
    ):
        assert number in text
