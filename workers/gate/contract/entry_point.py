"""Whether a module offers a function that the pipeline can call, by its syntax tree alone."""

import ast
from collections.abc import Iterator
from typing import Final

import msgspec

from core.gate.checks import Finding, ModelRepo
from workers.gate.contract.definitions import inner_definition, last_definition, star_import
from workers.gate.contract.function_shape import shape_problem
from workers.gate.contract.modules import Module, Modules
from workers.gate.contract.python_source import InvalidPythonError, is_notebook, parse

MAX_HOPS: Final = 5  # from file to file, following "from x import y"
NOTEBOOK: Final = "is a Databricks notebook, whose cells would run at import"
OUTSIDE_A_PACKAGE: Final = "uses a relative import, but is run outside a package"
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Wanted(msgspec.Struct, frozen=True):
    """A function that the pipeline calls with these positional arguments."""

    name: str
    parameters: tuple[str, ...]
    returns: str

    @property
    def signature(self) -> str:
        return f"{self.name}({', '.join(self.parameters)})"


class Place(msgspec.Struct, frozen=True):
    """Where the search ended: the function, or why there is none, with what to write."""

    path: str
    line: int = 0
    function: Function | None = None
    wrong: str = ""
    mend: str = ""


def findings(repo: ModelRepo, path: str, wanted: tuple[Wanted, ...]) -> Iterator[Finding]:
    """What keeps the file at ``path`` from offering the functions; names compare without case."""
    path = repo.find(path) or path
    if is_notebook(path, repo.files[path]):
        functions = " and ".join(each.signature for each in wanted)
        mend = f"make it a plain module that defines {functions}, without the notebook's first line"
        yield Finding(path, mend, NOTEBOOK, 1)
        return
    try:
        tree = parse(repo.files[path])
    except InvalidPythonError as error:
        yield _invalid(path, error)
        return
    for each in wanted:
        place = _Search(repo, path, each).follow(Module(path), tree, each.name)
        yield from _judge(place, each)


def _judge(place: Place, wanted: Wanted) -> Iterator[Finding]:
    if place.function is None:
        yield Finding(place.path, place.mend, place.wrong, place.line)
        return
    problem = shape_problem(place.function, wanted.parameters, wanted.returns)
    if problem:
        wrong = f"{wanted.name}() {problem}"
        yield Finding(place.path, f"write def {wanted.signature}:", wrong, place.line)


def _invalid(path: str, error: InvalidPythonError) -> Finding:
    return Finding(path, "mend the syntax", f"is not valid Python ({error.why})", error.line)


class _Search:
    """Follows one name through assignments and imports of the repository's own modules."""

    def __init__(self, repo: ModelRepo, entry: str, wanted: Wanted) -> None:
        self._repo = repo
        self._wanted = wanted
        self._modules = Modules(repo, entry)
        self._hops = 0

    def follow(self, module: Module, tree: ast.Module, name: str) -> Place:
        self._hops += 1
        path = module.path
        if self._hops > MAX_HOPS:
            return self._wrap(path, 0, f"{name} is handed on through too many files")
        found = last_definition(tree, name)
        if found is None:
            return self._elsewhere(path, tree, name)
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
            return Place(path, found.lineno, found)
        if isinstance(found, ast.ImportFrom):
            return self._imported(module, found, name)
        if isinstance(found, ast.ClassDef):
            return self._wrap(path, found.lineno, f"{name} is a class, not a function")
        if isinstance(found, ast.Import):
            return self._wrap(path, found.lineno, f"{name} is a module, not a function")
        return self._assigned(module, tree, found)

    def _assigned(
        self, module: Module, tree: ast.Module, found: ast.Assign | ast.AnnAssign
    ) -> Place:
        value = found.value
        if isinstance(value, ast.Lambda):
            return Place(module.path, found.lineno, value)
        if isinstance(value, ast.Name):
            return self.follow(module, tree, value.id)
        what = f"{self._wanted.name} is assigned, and what it is shows only when the code runs"
        return self._wrap(module.path, found.lineno, what)

    def _imported(self, module: Module, found: ast.ImportFrom, name: str) -> Place:
        original = next(each.name for each in found.names if (each.asname or each.name) == name)
        if found.level > len(list(filter(None, module.package.split(".")))):
            mend = f"write from {found.module or 'module'} import {original}"
            return Place(module.path, found.lineno, None, OUTSIDE_A_PACKAGE, mend)
        target = self._modules.imported(module, found)
        if target is None:
            return self._not_ours(module.path, found, name, original)
        data = self._repo.files[target.path]
        if is_notebook(target.path, data):
            mend = "make it a plain module, without the notebook's first line"
            return Place(target.path, 1, None, NOTEBOOK, mend)
        try:
            tree = parse(data)
        except InvalidPythonError as error:
            invalid = _invalid(target.path, error)
            return Place(target.path, error.line, None, invalid.wrong, invalid.mend)
        return self.follow(target, tree, original)

    def _not_ours(self, path: str, found: ast.ImportFrom, name: str, original: str) -> Place:
        way = self._modules.way_to(found.module or "")
        if not way or found.level:
            return self._wrap(path, found.lineno, f"{name} comes from a library")
        wrong = f"{name} comes from {found.module}, which is found neither from here nor the root"
        return Place(path, found.lineno, None, wrong, f"write from {way} import {original}")

    def _elsewhere(self, path: str, tree: ast.Module, name: str) -> Place:
        """Not at the top: somebody may have put it where the pipeline does not look."""
        inner = inner_definition(tree, name)
        if inner is not None:
            line, where = inner
            return self._wrap(path, line, f"{name}() is {where}, not at the top of the file")
        if star := star_import(tree):
            mend = f"import it by its name, or define {self._wanted.signature}"
            return Place(path, star.lineno, None, f"{name} may come from import *", mend)
        if module := self._modules.neighbour(path, name):
            mend = f"write from {module} import {name}"
            return Place(path, 0, None, f"does not define {name}(), but {module}.py does", mend)
        return self._wrap(path, 0, f"does not define {name}()")

    def _wrap(self, path: str, line: int, wrong: str) -> Place:
        mend = f"write def {self._wanted.signature}: at the top of the file; it may call the rest"
        return Place(path, line, None, wrong, mend)
