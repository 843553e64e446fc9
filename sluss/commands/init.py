"""``sluss init PATH``: a model repository that passes the gate, to begin with."""

import re
from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from core.gate.variables import find
from core.words import ModelType
from sluss.templates.loan_data import ROWS, SEED, loans_csv

TEMPLATES: Final = "sluss.templates"
ENDING: Final = ".tmpl"  # so that no tool takes a template for code of this project
NAME: Final = re.compile(r"[^a-z0-9]+")
TEAM: Final = "credit_risk"
CATEGORY: Final = {
    "supervised": "credit_risk",
    "unsupervised": "customer_segmentation",
    "rulebased": "credit_risk",
}

NOT_EMPTY: Final = "{path} is not empty. Nothing was written; name a new folder, or an empty one."
NOT_A_FOLDER: Final = "{path} is a file. Nothing was written; name a new folder, or an empty one."
NO_NAME: Final = (
    "The name {name!r} has no letter to make a MODEL_NAME of. Nothing was written; "
    "name a folder such as loan_default."
)
CANNOT_WRITE: Final = "{path} cannot be written ({why}). Name a folder where you may write."
DONE: Final = """\
{path} holds the {kind} model {model} now ({count} files).
Its data are generated ({rows} rows, seed {seed}): no row is about a real person.
Next: cd {path} && git init -b main && git add . && git commit -m 'First version'
Then: sluss add ."""


class Kind(StrEnum):
    SUPERVISED = "supervised"
    UNSUPERVISED = "unsupervised"
    RULEBASED = "rulebased"


MODEL_TYPES: Final = {
    Kind.SUPERVISED: ModelType.SUPERVISED,
    Kind.UNSUPERVISED: ModelType.UNSUPERVISED,
    Kind.RULEBASED: ModelType.RULEBASED,
}


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
    Console().print(Text(DONE.format(path=path, count=count, **words)), soft_wrap=True)


def folder_problem(path: Path) -> str:
    """Why nothing can be written there, or ""; a fresh ``.git`` is no hindrance."""
    if path.exists() and not path.is_dir():
        return NOT_A_FOLDER.format(path=path)
    if path.exists() and any(entry.name != ".git" for entry in path.iterdir()):
        return NOT_EMPTY.format(path=path)
    return "" if model_name(path) else NO_NAME.format(name=path.absolute().name)


def model_name(path: Path) -> str:
    """The folder's name as a MODEL_NAME: ``Loan-Default v2`` becomes ``loan_default_v2``."""
    name = NAME.sub("_", path.resolve().name.casefold()).strip("_")
    name = name if name[:1].isalpha() else f"model_{name}".rstrip("_") if name else ""
    return name[:100]


def write_repository(path: Path, kind: Kind, team: str = TEAM) -> int:
    """Write every file and return how many; the folder is made if it is not there."""
    words = {
        "model_name": model_name(path),
        "model_type": MODEL_TYPES[kind].value,
        "team": team,
        "category": CATEGORY[kind],
        "financial_id": _example("FINANCIAL_ID"),
        "rows": f"{ROWS}",
        "seed": f"{SEED}",
    }
    texts = {name: _filled(text, words) for name, text in _templates(kind)}
    texts["data/loans.csv"] = loans_csv()
    for name, text in texts.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return len(texts)


def _example(name: str) -> str:
    variable = find(name)
    assert variable is not None
    return variable.example


def _filled(text: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"{{{{ {name} }}}}", value)
    return text


def _templates(kind: Kind) -> Iterator[tuple[str, str]]:
    root = files(TEMPLATES)
    for folder in ("common", kind.value):
        yield from _texts(root / folder, "")


def _texts(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _texts(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(ENDING):
            yield f"{prefix}{entry.name.removesuffix(ENDING)}", entry.read_text(encoding="utf-8")
