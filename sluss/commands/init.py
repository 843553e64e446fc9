"""``sluss init PATH``: write a model repository that passes the gate."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from core.command_line import typed
from sluss.home.this_program import this_program
from sluss.templates.loan_data import ROWS, SEED
from sluss.templates.model_repository import TEAM, Kind, model_name, write_repository

NOT_EMPTY: Final = "{path} is not empty. Nothing was written; name a new folder, or an empty one."
NOT_A_FOLDER: Final = "{path} is a file. Nothing was written; name a new folder, or an empty one."
NO_NAME: Final = (
    "The name {name!r} has no letter to make a MODEL_NAME of. Nothing was written; "
    "name a folder such as loan_default."
)
CANNOT_WRITE: Final = "{path} cannot be written ({why}). Name a folder where you may write."
DONE: Final = """\
{path} holds the {kind} model {model} now ({count} files).
Its data are generated ({rows} rows, seed {seed}): no row is about a real person."""
STRANGER: Final = "Git does not know who you are. Say it once, with a name and an address of yours:"
WHO: Final = (
    "git config --global user.name 'Your Name'",
    "git config --global user.email you@example.com",
)
NEXT: Final = "Make a git repository of it, and bring it on board:"
BEGIN: Final = (
    "git init",
    "git symbolic-ref HEAD refs/heads/main",  # as every git knows it; `init -b` came with 2.28
    "git add .",
    "git commit -m 'First version'",
)


def init(
    path: Annotated[Path, typer.Argument(help="A new or empty folder; its name names the model.")],
    *,
    type: Annotated[Kind, typer.Option(help="The kind of model.")] = Kind.SUPERVISED,  # noqa: A002 - the option's name
    team: Annotated[str, typer.Option(help="The team that owns the model.")] = TEAM,
) -> None:
    """Write a model repository that passes the gate, with generated loan data."""
    problem = folder_problem(path)
    if problem:
        raise typer.BadParameter(problem, param_hint="PATH")
    try:
        count = write_repository(path, type, team)
    except OSError as error:
        why = CANNOT_WRITE.format(path=path, why=error.strerror)
        raise typer.BadParameter(why, param_hint="PATH") from error
    words = {"kind": type.value, "model": model_name(path), "rows": ROWS, "seed": SEED}
    console = Console(soft_wrap=True)
    console.print(Text(DONE.format(path=path, count=count, **words)))
    for line in _next(path.absolute(), team):
        console.print(Text(line))


def _next(path: Path, team: str) -> Iterator[str]:
    if not _is_known_to_git(path):
        yield STRANGER
        yield from (f"  {each}" for each in WHO)
    yield NEXT
    yield f"  {typed('cd', str(path))} && {' && '.join(BEGIN)}"
    yield f"  {this_program()('add', str(path), '--team', team)}"


def _is_known_to_git(path: Path) -> bool:
    """Ask git with the settings of the person, who is the one to commit."""
    git = shutil.which("git")
    if git is None:
        return True  # which the first command tells
    words = (git, "-C", str(path), "var", "GIT_AUTHOR_IDENT")
    return subprocess.run(words, capture_output=True, check=False).returncode == 0  # noqa: S603


def folder_problem(path: Path) -> str:
    """Return why nothing can be written there, or ""; a fresh ``.git`` is no hindrance."""
    if path.exists() and not path.is_dir():
        return NOT_A_FOLDER.format(path=path)
    if path.exists() and any(entry.name != ".git" for entry in path.iterdir()):
        return NOT_EMPTY.format(path=path)
    return "" if model_name(path) else NO_NAME.format(name=path.absolute().name)
