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
    Printed("workers/gate/checks/readme.py", "sluss init"),
    Printed("workers/gate/duplicates/find.py", "sluss init"),
    Printed("workers/gate/readme/topics.py", "sluss check"),
    Printed("workers/gate/checks/financial_id.py", "sluss init"),
}
USAGE_ERROR = typer.BadParameter.__base__
FOUND = sorted(set(printed()))


def of(*programs):
    return [each for each in FOUND if each.text.split()[0] in programs]


def shown(each):
    return f"{each.place}: {each.text}"


@pytest.fixture
def placeholders(tmp_path, monkeypatch):
    """A folder in which PATH and FILE are there, as what a person puts in their place."""
    for name in ("PATH", "x"):
        (tmp_path / name).mkdir()
    (tmp_path / "FILE").touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("each", of("sluss"), ids=shown)
def test_a_command_of_ours_is_understood(each, placeholders):
    if each not in SPOKEN_OF:
        understood(shlex.split(each.text)[1:])


def understood(words):
    """Raise typer's error of usage for what the program would not take; nothing is run."""
    command = typer.main.get_command(app)
    context = command.make_context("sluss", list(words), resilient_parsing=not words)
    while isinstance(command, TyperGroup) and (rest := [*context._protected_args, *context.args]):
        _, command, rest = command.resolve_command(context, rest)
        context = command.make_context(command.name, rest, parent=context)


@pytest.mark.parametrize("each", of(*CHAT), ids=shown)
def test_a_command_of_the_chat_is_understood(each):
    if each.text not in NAMES_ALONE:
        find(each.text, COMMANDS)


@pytest.mark.parametrize("each", of("git", "cd"), ids=shown)
def test_a_command_of_git_has_such_a_verb_and_such_options(each):
    for command in each.text.split(" && "):
        program, *words = shlex.split(command)
        if program == "git":
            assert options(words[0])
            for word in words[1:]:
                name = word.split("=")[0]
                assert not name.startswith("--") or name.removeprefix("--no-").strip(
                    "-"
                ) in options(words[0])


@cache
def options(verb):
    said = subprocess.run(
        ["git", verb, "-h"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout + said.stderr if f"git {verb}" in said.stdout + said.stderr else ""


@pytest.mark.parametrize("each", of("make"), ids=shown)
def test_a_target_of_make_is_there(each):
    assert re.search(rf"^{each.text.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_search_finds_what_is_printed_and_the_parsers_refuse_what_is_wrong(placeholders):
    assert len(of("sluss")) > 20
    assert len(of(*CHAT)) > 10
    assert len(of("git")) > 4
    for wrong in ("add PATH", "audit export", "up --hom x", "stats", "people map"):
        with pytest.raises(USAGE_ERROR):
            understood(wrong.split())
    with pytest.raises(SlussError):
        find("retry", COMMANDS)
    assert not options("pusch")


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
