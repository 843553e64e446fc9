"""ENVIRONMENT_FILE: conda or pip, and exactly that file is there."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from core.gate.checks import Finding, ModelRepo
from core.gate.layout import Layout
from core.gate.variables import Value, canonical, find, problem

NAME: Final = "ENVIRONMENT_FILE"
OTHER: Final = {"conda": "pip", "pip": "conda"}
INCLUDES: Final = re.compile(rb"-\s*['\"]?(-r|--requirement)[\s=]")


def environment_findings(
    repo: ModelRepo, values: Mapping[str, Value], path: str, layout: Layout
) -> Iterator[Finding]:
    """A second file is fine only where conda.yml itself includes it (``- -r requirements.txt``)."""
    row = find(NAME)
    assert row is not None
    given = values.get(NAME)
    text = given.text if given and given.text is not None else row.default
    if text is None or problem(row, text):
        return  # told with the values
    kind = canonical(row, text)
    line = given.line if given else 0
    wanted, other = layout.environment(kind), layout.environment(OTHER[kind])
    found, second = repo.find(wanted), repo.find(other)
    says = f"{NAME} is {kind}" if given and given.text else f"{NAME} is not set, so {kind}"
    if found is None and second is not None:
        mend = f"set {NAME}: {OTHER[kind]}, or write {wanted} in place of {other}"
        yield Finding(path, mend, f"{says}, but there is only {other}", line)
    elif found is None:
        yield Finding(path, f"add {wanted}", f"{says}, but there is no {wanted}", line)
    elif second is not None and not _is_included(repo, kind, found):
        mend = f"keep {wanted} and remove this one, or change {NAME}"
        yield Finding(second, mend, f"{says}, but {other} is there too")


def _is_included(repo: ModelRepo, kind: str, found: str) -> bool:
    return kind == "conda" and INCLUDES.search(repo.files[found]) is not None
