"""Whether a module offers a function that the pipeline can call, by its syntax tree alone."""

import ast
from collections.abc import Iterator
from typing import Final

import msgspec

from core.checks import Finding, ModelRepo
from workers.contract.function_shape import shape_problem
from workers.contract.python_source import InvalidPythonError, is_notebook, parse

MAX_HOPS: Final = 5  # from file to file, following "from x import y"
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
        yield Finding(path, mend, "is a Databricks notebook, whose cells would run at import", 1)
        return
    try:
        tree = parse(repo.files[path])
    except InvalidPythonError as error:
        yield _invalid(path, error)
        return
    for each in wanted:
        place = _Search(repo, each).follow(path, tree, each.name)
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

    def __init__(self, repo: ModelRepo, wanted: Wanted) -> None:
        self._repo = repo
        self._wanted = wanted
        self._hops = 0

    def follow(self, path: str, tree: ast.Module, name: str) -> Place:
        self._hops += 1
        if self._hops > MAX_HOPS:
            return self._wrap(path, 0, f"{name} is handed on through too many files")
        found = _last_definition(tree, name)
        if found is None:
            return self._elsewhere(path, tree, name)
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
            return Place(path, found.lineno, found)
        if isinstance(found, ast.ImportFrom):
            return self._imported(path, found, name)
        if isinstance(found, ast.ClassDef):
            return self._wrap(path, found.lineno, f"{name} is a class, not a function")
        if isinstance(found, ast.Import):
            return self._wrap(path, found.lineno, f"{name} is a module, not a function")
        return self._assigned(path, tree, found)

    def _assigned(self, path: str, tree: ast.Module, found: ast.Assign | ast.AnnAssign) -> Place:
        value = found.value
        if isinstance(value, ast.Lambda):
            return Place(path, found.lineno, value)
        if isinstance(value, ast.Name):
            return self.follow(path, tree, value.id)
        what = f"{self._wanted.name} is assigned, and what it is shows only when the code runs"
        return self._wrap(path, found.lineno, what)

    def _imported(self, path: str, found: ast.ImportFrom, name: str) -> Place:
        original = next(each.name for each in found.names if (each.asname or each.name) == name)
        if found.level:
            mend = f"write from {found.module or 'module'} import {original}"
            return Place(
                path,
                found.lineno,
                None,
                "uses a relative import, but is run outside a package",
                mend,
            )
        module = _module_path(self._repo, path, found.module or "")
        if module is None:
            return self._wrap(path, found.lineno, f"{name} comes from a library")
        try:
            tree = parse(self._repo.files[module])
        except InvalidPythonError as error:
            invalid = _invalid(module, error)
            return Place(module, error.line, None, invalid.wrong, invalid.mend)
        return self.follow(module, tree, original)

    def _elsewhere(self, path: str, tree: ast.Module, name: str) -> Place:
        """Not at the top: somebody may have put it where the pipeline does not look."""
        nested = _nested(tree, name)
        if nested is not None:
            line, where = nested
            return self._wrap(path, line, f"{name}() is {where}, not at the top of the file")
        star = next((node for node in tree.body if _is_star(node)), None)
        if star is not None:
            mend = f"import it by its name, or define {self._wanted.signature}"
            return Place(path, star.lineno, None, f"{name} may come from import *", mend)
        return self._wrap(path, 0, f"does not define {name}()")

    def _wrap(self, path: str, line: int, wrong: str) -> Place:
        mend = f"define def {self._wanted.signature}: at the top of the file; it may call the rest"
        return Place(path, line, None, wrong, mend)


Definition = (
    ast.FunctionDef
    | ast.AsyncFunctionDef
    | ast.ClassDef
    | ast.Import
    | ast.ImportFrom
    | ast.Assign
    | ast.AnnAssign
)


def _last_definition(tree: ast.Module, name: str) -> Definition | None:
    """As when the module runs: the last one at the top counts."""
    top = (node for node in reversed(tree.body) if isinstance(node, Definition))
    return next((node for node in top if name in _names(node)), None)


def _names(node: Definition) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(each.asname or each.name) for each in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _nested(tree: ast.Module, name: str) -> tuple[int, str] | None:
    """Line and place of a definition inside something else; the shallowest first."""
    waiting: list[tuple[ast.AST, str]] = [(node, _container(node)) for node in tree.body]
    for node, where in waiting:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and child.name == name:
                return child.lineno, where
            waiting.append((child, _container(child) if _is_scope(child) else where))
    return None


def _is_scope(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)


def _container(node: ast.AST) -> str:
    if isinstance(node, ast.ClassDef):
        return f"a method of the class {node.name}"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return f"inside the function {node.name}()"
    return "defined under a condition"


def _is_star(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names)


def _module_path(repo: ModelRepo, importer: str, module: str) -> str | None:
    """The repository's file of a module: beside the importer first, then from the root."""
    relative = module.replace(".", "/")
    folder = importer.rpartition("/")[0]
    for base in dict.fromkeys((f"{folder}/" if folder else "", "")):
        for path in (f"{base}{relative}.py", f"{base}{relative}/__init__.py"):
            if path in repo.files:
                return path
    return None
