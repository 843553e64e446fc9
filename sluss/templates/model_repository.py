"""Writes a model repository from the templates, for ``sluss init`` and the demo."""

import re
from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from core.gate.checks import ModelRepo
from core.gate.variables import find
from core.words import ModelType
from sluss.templates.loan_data import ROWS, SEED, loans_csv

TEMPLATES: Final = "sluss.templates"
ENDING: Final = ".tmpl"  # With this ending no tool takes a template for code of this project.
NAME: Final = re.compile(r"[^a-z0-9]+")
TEAM: Final = "credit_risk"
CATEGORY: Final = {
    "supervised": "credit_risk",
    "unsupervised": "customer_segmentation",
    "rulebased": "credit_risk",
}


class Kind(StrEnum):
    SUPERVISED = "supervised"
    UNSUPERVISED = "unsupervised"
    RULEBASED = "rulebased"


MODEL_TYPES: Final = {
    Kind.SUPERVISED: ModelType.SUPERVISED,
    Kind.UNSUPERVISED: ModelType.UNSUPERVISED,
    Kind.RULEBASED: ModelType.RULEBASED,
}


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


def template_code() -> ModelRepo:
    """Return all template code as one repository, which counts as no copy when others have it.

    Placeholders are only in pages and settings, so the code is the same everywhere.
    """
    files = {f"{kind}/{path}": text.encode() for kind in Kind for path, text in _templates(kind)}
    return ModelRepo(files=files)


def model_name(path: Path) -> str:
    """Turn the folder's name into a MODEL_NAME: ``Loan-Default v2`` becomes ``loan_default_v2``."""
    name = NAME.sub("_", path.resolve().name.casefold()).strip("_")
    name = name if name[:1].isalpha() else f"model_{name}".rstrip("_") if name else ""
    return name[:100]


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
