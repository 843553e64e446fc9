"""A command that is printed does what it says when it is copied, whatever stands in it."""

import shutil
import subprocess

import pytest

from core.command_line import CommandLine, typed

WORDS = [
    "a b",
    "it's",
    'so "called"',
    "$HOME `id` $(id)",
    "=ls",
    "*",
    "~",
    "#x",
    "-n",
    "!!",
    "å\n;&|<>",
]
HERE = CommandLine(("/opt/my sluss",), "/a b/home")


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "zsh"])
def test_every_shell_reads_the_words_that_were_quoted(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    command = f"printf '%s\\0' {typed(*WORDS)}"
    done = subprocess.run([shell, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.split("\0")[:-1] == WORDS


@pytest.mark.parametrize(
    ("line", "words", "printed"),
    [
        (CommandLine(), ("up",), "sluss up"),
        (CommandLine(), ("add", "/a b"), "sluss add '/a b'"),
        (HERE, ("up",), "'/opt/my sluss' up --home '/a b/home'"),
        (HERE, ("audit", "verify", "x"), "'/opt/my sluss' audit verify x"),
        (HERE, ("audit", "export", "x"), "'/opt/my sluss' audit export --home '/a b/home' x"),
        (
            HERE,
            ("people", "map", "--", "-x@y", "PERSON"),
            "'/opt/my sluss' people map --home '/a b/home' -- -x@y PERSON",
        ),
        (HERE, ("people",), "'/opt/my sluss' people --home '/a b/home'"),
    ],
)
def test_a_command_names_the_program_and_the_home_where_it_takes_one(line, words, printed):
    assert line(*words) == printed


def test_in_a_text_each_command_between_backticks_becomes_one_to_copy():
    said = HERE.in_text("Run `sluss up`, or `sluss audit verify 'a b'`; sluss is `git`'s friend.")
    assert said == (
        "Run `'/opt/my sluss' up --home '/a b/home'`, or `'/opt/my sluss' audit verify 'a b'`; "
        "sluss is `git`'s friend."
    )
