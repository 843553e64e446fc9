"""Files to begin with: each says what to write, and the gate asks for it until it is written."""

import posixpath
from collections.abc import Collection, Iterator
from typing import Final

from core.gate.checks import ModelRepo
from core.gate.facts import Facts
from core.gate.layout import Layout
from core.gate.variables import VARIABLES, Kind, Variable, model_settings
from workers.gate.contract.model_tests import has_tests
from workers.gate.fixes.fix import Create, Rename, Rewrite
from workers.gate.readme.topics import TOPICS

STRUCTURE: Final = "structure"
BEGINNING: Final = "a beginning"
FILL: Final = "fill it in; the gate asks for it until you have"
README: Final = """\
# TODO: the name of the model

{sections}"""
SECTION: Final = """\
## {title}
TODO: {ask}.
"""
TESTS: Final = '''\
"""The tests of the model, which the gate runs."""

import pytest


def test_the_model():
    pytest.fail("write what must be true of the model's scores in place of this line")
'''
SCORE: Final = '''\
"""Scores with the model, and measures how good the scores are."""


def {score}(model, data, params):
    raise NotImplementedError("return the predictions: one row for each row of data")


def {evaluate}(model, data, params):
    raise NotImplementedError("return the metrics: a dict of names and numbers")
'''
HEAD: Final = """\
# The variables of this model; the file is a variables template of Azure Pipelines, too.
# What begins with # is optional.
variables:
"""


def stubs(repo: ModelRepo, facts: Facts, renames: Collection[Rename]) -> Iterator[Create | Rewrite]:
    """Nothing is made where the file is there under another name: moving it is the better fix."""
    layout = facts.layout
    settings = model_settings(repo, layout=layout, gbi=facts.gbi)
    score = posixpath.normpath(posixpath.join(settings.source_path, layout.score))
    functions = SCORE.format(score=layout.score_function, evaluate=layout.evaluate_function)
    texts = (
        ("readme", layout.readme, _readme()),
        ("variables", layout.variables, _variables(repo, layout)),
        ("entry_points", score, functions),
    )
    new = {each.to.casefold() for each in renames}
    for check, path, text in texts:
        found = repo.find(path)
        if found and not repo.files[found].strip():
            yield Rewrite(found, repo.files[found], text.encode(), (BEGINNING,), (STRUCTURE, check))
        elif path.casefold() not in new and not _is_near(repo, path):
            yield Create(path, text, FILL, (STRUCTURE, check))
    if repo.link(layout.tests) is None and not has_tests(repo, layout.tests):
        yield Create(f"{layout.tests}/test_model.py", TESTS, FILL, (STRUCTURE, "unit_tests"))


def _is_near(repo: ModelRepo, path: str) -> bool:
    """The same name anywhere, whatever its ending."""
    wanted = posixpath.splitext(posixpath.basename(path))[0].casefold()
    names = (posixpath.basename(known).casefold() for known in repo.files)
    return repo.link(path) is not None or any(
        posixpath.splitext(name)[0] == wanted for name in names
    )


def _readme() -> str:
    sections = (SECTION.format(title=each.name.capitalize(), ask=each.ask) for each in TOPICS)
    return README.format(sections="\n".join(sections))


def _variables(repo: ModelRepo, layout: Layout) -> str:
    rows = (row for row in VARIABLES if row.kind is not Kind.GBI_FIXED)
    return HEAD + "".join(_line(row, repo, layout) for row in rows)


def _line(row: Variable, repo: ModelRepo, layout: Layout) -> str:
    if row.is_required:
        return f"  {row.name}: TODO  # {row.help}\n"
    if row.name == "ENVIRONMENT_FILE":
        kind = "pip" if repo.find(layout.pip) and not repo.find(layout.conda) else "conda"
        return f"  {row.name}: {kind}  # {row.help}\n"
    return f"  # {row.name}: {row.example or row.default or 'TODO'}  # {row.help}\n"
