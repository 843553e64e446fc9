"""Plans what ``sluss check --fix`` may mend by itself: renames of files, and missing files."""

import posixpath
from collections.abc import Collection, Iterator
from typing import Final

import msgspec

from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts
from core.gate.layout import Layout
from core.gate.variables import VARIABLES, Variable, VariableKind, model_settings
from workers.gate.contract.file_names import Misnamed, misnamed
from workers.gate.contract.references import Reference, references
from workers.gate.readme.topics import TOPICS
from workers.gate.unit_testing.command import has_tests

NAMING: Final = ("naming",)
# In these files a path is only text. In code a name may be built in ways that nobody can see.
REWRITTEN: Final = (".yml", ".yaml", ".md")
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


class Rename(msgspec.Struct, frozen=True):
    """Rename a file, but only where ``to`` is free."""

    path: str
    to: str
    checks: tuple[str, ...] = NAMING

    def describe(self) -> str:
        return f"renamed {self.path} to {self.to}"


class Rewrite(msgspec.Struct, frozen=True):
    """Write new names in place of old ones, but only while the file still equals ``old``."""

    path: str
    old: bytes
    new: bytes
    names: tuple[str, ...]
    checks: tuple[str, ...] = NAMING

    def describe(self) -> str:
        return f"wrote {', '.join(self.names)} in {self.path}"


class Create(msgspec.Struct, frozen=True):
    """Create a file where none is; ``then`` says what is left for a person to do."""

    path: str
    text: str
    then: str
    checks: tuple[str, ...] = ()

    def describe(self) -> str:
        return f"made {self.path}: {self.then}"


Fix = Rename | Rewrite | Create


def planned_fixes(
    repo: ModelRepo, facts: CheckFacts, only: Collection[str] = ()
) -> tuple[Fix, ...]:
    """Return the fixes in the order to apply them: rewritten texts, then renames, then new files.

    ``only`` limits them to what these checks ask for; when it is empty, all checks count.
    """
    safe, places = _safe(repo, facts)
    renames = tuple(Rename(each.path, each.to) for each in safe)
    planned = (*_rewrites(repo, safe, places), *renames, *stubs(repo, facts, renames))
    return tuple(fix for fix in planned if not only or set(fix.checks) & set(only))


def _safe(repo: ModelRepo, facts: CheckFacts) -> tuple[list[Misnamed], list[Reference]]:
    """Return the files whose every mention can be renamed with them, and those mentions."""
    wrong = misnamed(repo, facts)
    found = list(references(repo, [each.path for each in wrong]))
    unsafe = {place.to for place in found if not _is_rewritten(place)}
    known = [
        each for each in wrong if not (each.is_pipeline or each.is_beside) and _is_sure(each.path)
    ]
    safe = [each for each in known if each.path not in unsafe]
    kept = {each.path for each in safe}
    return safe, [place for place in found if place.to in kept]


def _is_sure(path: str) -> bool:
    """Tell whether the path was decoded without loss: undecodable bytes leave a mark in it."""
    return path.isprintable() and "\ufffd" not in path


def _is_rewritten(place: Reference) -> bool:
    return place.is_sure and place.path.casefold().endswith(REWRITTEN)


def _rewrites(
    repo: ModelRepo, renamed: list[Misnamed], places: list[Reference]
) -> Iterator[Rewrite]:
    names = {each.path: each.to.rpartition("/")[2] for each in renamed}
    for path in dict.fromkeys(place.path for place in places):
        old, new, at = repo.files[path], b"", 0
        here = [place for place in places if place.path == path]
        for place in here:
            new += old[at : place.start] + names[place.to].encode()
            at = place.end
        written = tuple(dict.fromkeys(names[place.to] for place in here))
        yield Rewrite(path, old, new + old[at:], written)


def stubs(
    repo: ModelRepo, facts: CheckFacts, renames: Collection[Rename]
) -> Iterator[Create | Rewrite]:
    """Yield a beginning for each missing or empty file; a misplaced one is left to be moved."""
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
    """Tell whether the repository has a file of this name anywhere, whatever its ending."""
    wanted = posixpath.splitext(posixpath.basename(path))[0].casefold()
    names = (posixpath.basename(known).casefold() for known in repo.files)
    return repo.link(path) is not None or any(
        posixpath.splitext(name)[0] == wanted for name in names
    )


def _readme() -> str:
    sections = (SECTION.format(title=each.name.capitalize(), ask=each.ask) for each in TOPICS)
    return README.format(sections="\n".join(sections))


def _variables(repo: ModelRepo, layout: Layout) -> str:
    rows = (row for row in VARIABLES if row.kind is not VariableKind.GBI_FIXED)
    return HEAD + "".join(_line(row, repo, layout) for row in rows)


def _line(row: Variable, repo: ModelRepo, layout: Layout) -> str:
    if row.is_required:
        return f"  {row.name}: TODO  # {row.help}\n"
    if row.name == "ENVIRONMENT_FILE":
        kind = "pip" if repo.find(layout.pip) and not repo.find(layout.conda) else "conda"
        return f"  {row.name}: {kind}  # {row.help}\n"
    return f"  # {row.name}: {row.example or row.default or 'TODO'}  # {row.help}\n"
