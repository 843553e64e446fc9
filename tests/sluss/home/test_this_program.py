"""How our own program is called from where a person is."""

import os
import sys
from pathlib import Path

import pytest

from sluss.home.this_program import named_home, this_program

OURS = Path(sys.executable).with_name("sluss")


def test_on_the_path_it_is_one_word_and_another_of_that_name_is_not_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert this_program().program == (str(OURS),)
    (tmp_path / "sluss").write_text("#!/bin/sh\n")
    (tmp_path / "sluss").chmod(0o755)
    assert this_program().program == (str(OURS),)
    (tmp_path / "sluss").unlink()
    (tmp_path / "sluss").symlink_to(OURS)
    assert this_program().program == ("sluss",)


def test_without_a_program_python_starts_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert this_program().program == (str(tmp_path / "python"), "-m", "sluss")


@pytest.mark.parametrize(
    ("variable", "home", "named"),
    [
        (None, None, ""),
        (None, "~/.sluss", ""),
        (None, "/srv/home", "/srv/home"),
        ("/srv/home", "/srv/home", ""),
        ("/srv/home", "~/.sluss", os.path.expanduser("~/.sluss")),  # noqa: PTH111
    ],
)
def test_a_home_that_it_would_not_take_by_itself_is_named(monkeypatch, variable, home, named):
    monkeypatch.delenv("SLUSS_HOME", raising=False)
    if variable:
        monkeypatch.setenv("SLUSS_HOME", variable)
    assert this_program(Path(home).expanduser() if home else None).home == named


@pytest.mark.parametrize(
    ("words", "home"),
    [
        (["sluss", "status"], None),
        (["sluss", "status", "--home", "/a b"], Path("/a b")),
        (["sluss", "status", "--home=/a"], Path("/a")),
        (["sluss", "people", "map", "--", "--home", "/a"], None),
        (["sluss", "status", "--home"], None),
    ],
)
def test_an_error_knows_the_home_that_was_named(words, home):
    assert named_home(words) == home
