"""A repository's own pylint settings: three options count, the rest is told, and nothing runs."""

import pytest

from tests.model_repos import a_repo
from workers.gate.linting.settings import MAX_BYTES, repo_settings

INI = """\
[MASTER]
init-hook=import os; os.system("touch /tmp/x")
load-plugins=evil
[MESSAGES CONTROL]
disable=
    missing-module-docstring,  # the team's choice
    C0116
enable=useless-suppression
[FORMAT]
max-line-length=120
"""
TOML = """\
[tool.pylint]
jobs = 4
[tool.pylint."messages control"]
disable = ["C0116", "fixme"]
[tool.pylint.format]
max-line-length = 88
[tool.black]
line-length = 90
"""
SETUP = "[metadata]\nname=x\n[pylint.FORMAT]\nmax-line-length=99\n[flake8]\ndisable=x\n"


def settings(**files):
    return repo_settings(a_repo(files))


@pytest.mark.parametrize("path", ["pylintrc", ".pylintrc"])
def test_an_ini_file_says_what_is_on_off_and_how_long(path):
    found = settings(**{path: INI})
    assert found.path == path
    assert found.disable == ("missing-module-docstring", "C0116")
    assert found.enable == ("useless-suppression",)
    assert found.line_length == 120
    assert found.ignored == ("init-hook", "load-plugins")


def test_pyproject_says_it_in_its_own_way():
    found = settings(**{"pyproject.toml": TOML})
    assert (found.disable, found.line_length) == (("C0116", "fixme"), 88)
    assert found.ignored == ("jobs",)


def test_of_setup_cfg_the_sections_of_pylint_count():
    found = settings(**{"setup.cfg": SETUP})
    assert (found.line_length, found.disable, found.ignored) == (99, (), ())


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject.toml": "[tool.ruff]\n"},
        {"pyproject.toml": "tool = 3"},
        {"setup.cfg": "[a]\n"},
    ],
)
def test_without_settings_nothing_is_said(files):
    assert settings(**files).path == ""


def test_pylints_own_order_decides_between_two_files():
    found = settings(**{".pylintrc": INI, "pyproject.toml": TOML, "setup.cfg": SETUP})
    assert found.line_length == 120
    assert settings(**{"pyproject.toml": "[tool.x]\n", "setup.cfg": SETUP}).line_length == 99


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "a = [" * 20_000),
        ("pyproject.toml", "a = " + "[" * 900),
        ("pyproject.toml", "a." * 20_000 + "b = 1"),
        ("pyproject.toml", "[tool.pylint\n"),
        (".pylintrc", "disable=all\n"),
        (".pylintrc", "[A]\n" + "x" * (MAX_BYTES + 1)),
        (".pylintrc", "[A]\n" + " " * 5_000 + "x"),
        (".pylintrc", b"[A]\ndisable=\xff\xfe\n"),
        ("setup.cfg", "[pylint]\n  what\nis this [\n=\n"),
    ],
)
def test_what_cannot_be_read_is_told_and_does_not_count(path, text):
    found = settings(**{path: text})
    assert found.is_unreadable
    assert found.path == path
    assert (found.enable, found.disable, found.line_length) == ((), (), 0)


@pytest.mark.parametrize("length", ["-1", "0x50", "9" * 10, "1e3", "", "[1]", "12.5", "\u0663"])
def test_a_line_length_that_is_none_does_not_count(length):
    assert settings(**{".pylintrc": f"[A]\nmax-line-length={length}\n"}).line_length == 0


@pytest.mark.parametrize(
    "name", ["a\nload-plugins=evil", "a]b", "--load-plugins=evil", "x" * 99, "ä"]
)
def test_only_names_pass_into_our_own_settings(name):
    found = settings(**{"pyproject.toml": f"[tool.pylint.main]\ndisable = [{name!r}, 'fixme']"})
    assert set("".join(found.disable)) <= set("abcdefghijklmnopqrstuvwxyz-")
    assert not any(each.startswith("-") or "=" in each for each in found.disable)
