"""Finds out, from the syntax tree alone, whether a module offers a function to call."""

import ast
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from core.gate.checks import Finding, ModelRepo
from workers.gate.contract.python_source import (
    InvalidPythonError,
    inner_definition,
    is_notebook,
    last_definition,
    parse,
    shape_problem,
    star_import,
)

INIT = "__init__"
MAX_HOPS: Final = 5  # The search follows "from x import y" through at most this many files.
NOTEBOOK: Final = "is a Databricks notebook, whose cells would run at import"
OUTSIDE_A_PACKAGE: Final = "uses a relative import, but is run outside a package"
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Module(msgspec.Struct, frozen=True):
    """A module of the repository; ``package`` is what its relative imports start from, or ""."""

    path: str
    package: str = ""


class Modules:
    """The modules as a run imports them: from the entry point's folder, then from the root."""

    def __init__(self, repo: ModelRepo, entry: str) -> None:
        self._repo = repo
        folder = entry.rpartition("/")[0]
        self._bases = tuple(dict.fromkeys((f"{folder}/" if folder else "", "")))

    def imported(self, importer: Module, found: ast.ImportFrom) -> Module | None:
        """Return the module of ``from module import x``; None for a library or a missing module."""
        dotted = found.module or ""
        if found.level:
            parents = importer.package.split(".")
            kept = parents[: len(parents) - found.level + 1]
            dotted = ".".join(filter(None, [*kept, dotted]))
        return self._find(dotted)

    def way_to(self, dotted: str) -> str:
        """Say how to import a module of ours that no run would find; "" where it is not ours."""
        ending = re.compile(rf"(?:.*/)?{re.escape(dotted.replace('.', '/'))}(?:/{INIT})?\.py")
        path = next((path for path in sorted(self._repo.files) if ending.fullmatch(path)), "")
        base = next((base for base in self._bases if path.startswith(base)), "")
        return (
            path.removeprefix(base).removesuffix(".py").removesuffix(f"/{INIT}").replace("/", ".")
        )

    def neighbour(self, path: str, name: str) -> str:
        """Return a module beside ``path`` that defines this function at its top, or ""."""
        folder = path.rpartition("/")[0]
        defines = re.compile(rb"(?m)^(?:async )?def %s\(" % name.encode())
        for other, data in sorted(self._repo.files.items()):
            is_beside = other.rpartition("/")[0] == folder and other != path
            if is_beside and other.endswith(".py") and defines.search(data):
                return other.rpartition("/")[2].removesuffix(".py")
        return ""

    def _find(self, dotted: str) -> Module | None:
        relative = dotted.replace(".", "/")
        for base in self._bases if dotted else ():
            if f"{base}{relative}.py" in self._repo.files:
                return Module(f"{base}{relative}.py", dotted.rpartition(".")[0])
            if f"{base}{relative}/{INIT}.py" in self._repo.files:
                return Module(f"{base}{relative}/{INIT}.py", dotted)
        return None


class WantedFunction(msgspec.Struct, frozen=True):
    """A function that the pipeline calls with these positional arguments."""

    name: str
    parameters: tuple[str, ...]
    returns: str

    @property
    def signature(self) -> str:
        return f"{self.name}({', '.join(self.parameters)})"


class FunctionPlace(msgspec.Struct, frozen=True):
    """Where the search ended: the function's place, or why there is none and what to write."""

    path: str
    line: int = 0
    function: Function | None = None
    wrong: str = ""
    mend: str = ""


def findings(repo: ModelRepo, path: str, wanted: tuple[WantedFunction, ...]) -> Iterator[Finding]:
    """Yield what keeps ``path`` from offering the functions; paths compare without case."""
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


def _judge(place: FunctionPlace, wanted: WantedFunction) -> Iterator[Finding]:
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

    def __init__(self, repo: ModelRepo, entry: str, wanted: WantedFunction) -> None:
        self._repo = repo
        self._wanted = wanted
        self._modules = Modules(repo, entry)
        self._hops = 0

    def follow(self, module: Module, tree: ast.Module, name: str) -> FunctionPlace:
        self._hops += 1
        path = module.path
        if self._hops > MAX_HOPS:
            return self._wrap(path, 0, f"{name} is handed on through too many files")
        found = last_definition(tree, name)
        if found is None:
            return self._elsewhere(path, tree, name)
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
            return FunctionPlace(path, found.lineno, found)
        if isinstance(found, ast.ImportFrom):
            return self._imported(module, found, name)
        if isinstance(found, ast.ClassDef):
            return self._wrap(path, found.lineno, f"{name} is a class, not a function")
        if isinstance(found, ast.Import):
            return self._wrap(path, found.lineno, f"{name} is a module, not a function")
        return self._assigned(module, tree, found)

    def _assigned(
        self, module: Module, tree: ast.Module, found: ast.Assign | ast.AnnAssign
    ) -> FunctionPlace:
        value = found.value
        if isinstance(value, ast.Lambda):
            return FunctionPlace(module.path, found.lineno, value)
        if isinstance(value, ast.Name):
            return self.follow(module, tree, value.id)
        what = f"{self._wanted.name} is assigned, and what it is shows only when the code runs"
        return self._wrap(module.path, found.lineno, what)

    def _imported(self, module: Module, found: ast.ImportFrom, name: str) -> FunctionPlace:
        original = next(each.name for each in found.names if (each.asname or each.name) == name)
        if found.level > len(list(filter(None, module.package.split(".")))):
            mend = f"write from {found.module or 'module'} import {original}"
            return FunctionPlace(module.path, found.lineno, None, OUTSIDE_A_PACKAGE, mend)
        target = self._modules.imported(module, found)
        if target is None:
            return self._not_ours(module.path, found, name, original)
        data = self._repo.files[target.path]
        if is_notebook(target.path, data):
            mend = "make it a plain module, without the notebook's first line"
            return FunctionPlace(target.path, 1, None, NOTEBOOK, mend)
        try:
            tree = parse(data)
        except InvalidPythonError as error:
            invalid = _invalid(target.path, error)
            return FunctionPlace(target.path, error.line, None, invalid.wrong, invalid.mend)
        return self.follow(target, tree, original)

    def _not_ours(
        self, path: str, found: ast.ImportFrom, name: str, original: str
    ) -> FunctionPlace:
        way = self._modules.way_to(found.module or "")
        if not way or found.level:
            return self._wrap(path, found.lineno, f"{name} comes from a library")
        wrong = f"{name} comes from {found.module}, which is found neither from here nor the root"
        return FunctionPlace(path, found.lineno, None, wrong, f"write from {way} import {original}")

    def _elsewhere(self, path: str, tree: ast.Module, name: str) -> FunctionPlace:
        """Say why this file does not define the name, and where a definition is instead."""
        inner = inner_definition(tree, name)
        if inner is not None:
            line, where = inner
            return self._wrap(path, line, f"{name}() is {where}, not at the top of the file")
        if star := star_import(tree):
            mend = f"import it by its name, or define {self._wanted.signature}"
            return FunctionPlace(path, star.lineno, None, f"{name} may come from import *", mend)
        if module := self._modules.neighbour(path, name):
            mend = f"write from {module} import {name}"
            return FunctionPlace(
                path, 0, None, f"does not define {name}(), but {module}.py does", mend
            )
        return self._wrap(path, 0, f"does not define {name}()")

    def _wrap(self, path: str, line: int, wrong: str) -> FunctionPlace:
        mend = f"write def {self._wanted.signature}: at the top of the file; it may call the rest"
        return FunctionPlace(path, line, None, wrong, mend)
