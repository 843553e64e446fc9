"""How a person calls this very program, for the commands that it prints."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from core.command_line import CommandLine
from sluss.home.environment import default_home

NAME: Final = "sluss"


def this_program(home: Path | None = None) -> CommandLine:
    """Return it so that it works in another folder, too; the home is named where it has to be."""
    is_other = home is not None and home.absolute() != default_home(os.environ)
    return CommandLine(_program(), str(home.absolute()) if home and is_other else "")


def named_home(words: list[str]) -> Path | None:
    """Return the home that a command line names, for what is told when the command has failed."""
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word == "--":
            break
        if word == "--home" and after:
            return Path(after).expanduser()
        if word.startswith("--home="):
            return Path(word.removeprefix("--home=")).expanduser()
    return None


def _program() -> tuple[str, ...]:
    """Another ``sluss`` on the PATH is not ours; without one of our own Python starts it."""
    ours, found = Path(sys.executable).with_name(NAME), shutil.which(NAME)
    if not ours.exists():
        return (sys.executable, "-m", NAME)
    return (NAME,) if found and Path(found).samefile(ours) else (str(ours),)
