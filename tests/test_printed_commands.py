"""Every command that the product prints is one: each is asked of the parser that would read it."""

import re
import shlex
import subprocess
from functools import cache

import pytest
import typer
from typer.core import TyperGroup

from bot.command import find
from bot.commands import COMMANDS
from core.command_line import TAKES_HOME
from core.errors import SlussError
from sluss.cli import app
from tests.printed import ROOT, Printed, loose, printed

CHAT = {each.name.split()[0] for each in COMMANDS}
NAMES_ALONE = {each.name for each in COMMANDS}  # a command that is only spoken of
# They are no instructions: a mark in a file, a made-up repository, and what `sluss init` has written.
SPOKEN_OF = {
    Printed("adapters/bare_repositories/install_hook.py", "sluss add"),
    Printed("sluss/reference/home_files.py", "sluss add"),
    Printed("workers/gate/checks/readme.py", "sluss init"),
    Printed("workers/gate/duplicates/find.py", "sluss init"),
    Printed("workers/gate/readme/topics.py", "sluss check"),
    Printed("workers/gate/checks/financial_id.py", "sluss init"),
}
USAGE_ERROR = typer.BadParameter.__base__


@pytest.fixture(scope="module")
def found():
    """All that is printed; read once, and only where these tests run."""
    return sorted(set(printed()))


@pytest.fixture
def placeholders(tmp_path, monkeypatch):
    """A folder in which PATH, DIR and FILE are there, as what a person puts in their place."""
    for name in ("PATH", "DIR", "x"):
        (tmp_path / name).mkdir()
    (tmp_path / "FILE").touch()
    monkeypatch.chdir(tmp_path)


def of(found, *programs):
    return [each for each in found if each.text.split()[0] in programs and each not in SPOKEN_OF]


def test_a_command_of_ours_is_understood(found, placeholders):
    ours = of(found, "sluss")
    assert len(ours) > 20
    assert [each for each in ours if not is_understood(shlex.split(each.text)[1:])] == []


def is_understood(words):
    """Ask the program's own parser; nothing is run."""
    command = typer.main.get_command(app)
    try:
        context = command.make_context("sluss", list(words), resilient_parsing=not words)
        while isinstance(command, TyperGroup) and (
            rest := [*context._protected_args, *context.args]
        ):
            _, command, rest = command.resolve_command(context, rest)
            context = command.make_context(command.name, rest, parent=context)
    except USAGE_ERROR:
        return False
    return True


def test_a_command_of_the_chat_is_understood(found):
    typed = [each for each in of(found, *CHAT) if each.text not in NAMES_ALONE]
    assert len(typed) > 10
    assert [each for each in typed if not is_of_the_chat(each.text)] == []


def is_of_the_chat(text):
    try:
        find(text, COMMANDS)
    except SlussError:
        return False
    return True


def test_a_command_of_git_has_such_a_verb_and_such_options(found):
    typed = of(found, "git", "cd")
    assert len(typed) > 4
    assert [each for each in typed if not all(map(is_of_git, each.text.split(" && ")))] == []


def is_of_git(text):
    program, verb, *words = shlex.split(text)
    if program != "git":
        return True
    names = [word.split("=")[0] for word in words if word.startswith("--")]
    return bool(options(verb)) and all(
        name.removeprefix("--no-").strip("-") in options(verb) for name in names
    )


@cache
def options(verb):
    said = subprocess.run(
        ["git", verb, "-h"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout + said.stderr if f"git {verb}" in said.stdout + said.stderr else ""


def test_a_target_of_make_is_there(found):
    makefile = (ROOT / "Makefile").read_text()
    targets = [each.text.split()[1] for each in of(found, "make")]
    assert targets
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def test_what_looks_like_a_command_is_one(found):
    """Two words between backticks, of which the first names no program that somebody reads here."""
    known = {*CHAT, "sluss", "git", "cd", "make", "chmod"}
    like = [each for each in found if re.match(r"[a-z]+ \w", each.text)]
    assert [each for each in like if each.text.split()[0] not in known] == []


@pytest.mark.parametrize("wrong", ["add PATH", "audit export", "up --hom x", "stats", "people map"])
def test_what_is_wrong_is_not_understood(placeholders, wrong):
    assert not is_understood(wrong.split())
    assert not is_of_the_chat("retry")
    assert not is_of_git("git pusch")
    assert not is_of_git("git push --upstreem")


def test_no_command_of_ours_is_named_without_being_marked():
    assert set(loose()) - SPOKEN_OF == set()


def test_the_home_is_named_for_every_command_that_takes_one_and_for_no_other():
    assert set(with_home(typer.main.get_command(app), ())) - {"demo"} == TAKES_HOME


def with_home(command, before):
    if any("--home" in each.opts for each in command.params):
        yield " ".join(before)
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from with_home(inner, (*before, name))
