"""Reads the syntax tree of a repository's Python, without ever importing it."""

import ast
import codecs
import json
import warnings
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

NOTEBOOK_HEAD: Final = b"# Databricks notebook source"
NOTEBOOK_ENDING: Final = ".ipynb"
Definition = (
    ast.FunctionDef
    | ast.AsyncFunctionDef
    | ast.ClassDef
    | ast.Import
    | ast.ImportFrom
    | ast.Assign
    | ast.AnnAssign
)
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class InvalidPythonError(Exception):
    """The source is not valid Python; ``line`` is 0 where the parser does not know it."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.why = why
        self.line = line


def parse(source: bytes) -> ast.Module:
    """Parse the source or raise InvalidPythonError.

    Hostile sources can crash the interpreter, so call this only in a child process.
    """
    # Python itself would not say in which line the null byte is.
    before, null, _ = source.partition(b"\0")
    if null:
        raise InvalidPythonError("it has a null byte", before.count(b"\n") + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" in a model's string is the model's affair
        try:
            return ast.parse(source)
        # Too many nested brackets and an unknown encoding raise it, too.
        except SyntaxError as error:
            raise InvalidPythonError(error.msg or "invalid syntax", error.lineno or 0) from error
        except (RecursionError, MemoryError) as error:  # The parser's stack could not hold it.
            raise InvalidPythonError("too deeply nested", 0) from error
        except ValueError as error:
            raise InvalidPythonError(str(error), 0) from error


def is_notebook(path: str, source: bytes) -> bool:
    """Tell whether the file is a Jupyter notebook, or one that Databricks exported to ``.py``."""
    text = source.removeprefix(codecs.BOM_UTF8).lstrip()
    return path.casefold().endswith(NOTEBOOK_ENDING) or text.startswith(NOTEBOOK_HEAD)


class NotebookCell(msgspec.Struct, frozen=True):
    """One code cell of a notebook; ``number`` counts all of its cells, from 1."""

    number: int
    source: str


def cells(notebook: bytes) -> Iterator[NotebookCell]:
    """Yield the code cells of a Jupyter notebook; none when it cannot be read."""
    try:
        found = json.loads(notebook)
    except (ValueError, RecursionError):
        return
    given = found.get("cells") if isinstance(found, dict) else None
    for number, cell in enumerate(given if isinstance(given, list) else [], start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            text = "".join(map(str, source)) if isinstance(source, list) else str(source)
            yield NotebookCell(number, text)


def last_definition(tree: ast.Module, name: str) -> Definition | None:
    """Return the last definition at the top of the module, the one that counts when it runs."""
    top = (node for node in reversed(tree.body) if isinstance(node, Definition))
    return next((node for node in top if name in _names(node)), None)


def inner_definition(tree: ast.Module, name: str) -> tuple[int, str] | None:
    """Return the line of the shallowest definition that is not at the top, and what contains it."""
    waiting: list[tuple[ast.AST, str]] = [(node, _container(node)) for node in tree.body]
    for node, where in waiting:
        for child in ast.iter_child_nodes(node):
            if _binds(child, name, is_conditional=where == CONDITION):
                return getattr(child, "lineno", 0), where
            waiting.append((child, _container(child) if _is_scope(child) else where))
    return None


def star_import(tree: ast.Module) -> ast.ImportFrom | None:
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom))
    return next((node for node in imports if any(each.name == "*" for each in node.names)), None)


def _names(node: Definition) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(each.asname or each.name) for each in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    inside = [each for target in targets for each in _unpacked(target)]
    return {target.id for target in inside if isinstance(target, ast.Name)}


def _unpacked(target: ast.expr) -> list[ast.expr]:
    """Return the names that an assignment binds: ``train, score = make()`` binds two."""
    return list(target.elts) if isinstance(target, ast.Tuple | ast.List) else [target]


def _binds(node: ast.AST, name: str, *, is_conditional: bool) -> bool:
    """Tell whether a nested node defines the name; an assignment counts only under a condition."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name == name
    return is_conditional and isinstance(node, Definition) and name in _names(node)


def _is_scope(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)


CONDITION = "defined under a condition"


def _container(node: ast.AST) -> str:
    if isinstance(node, ast.ClassDef):
        return f"a method of the class {node.name}"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return f"inside the function {node.name}()"
    return CONDITION


def shape_problem(function: Function, parameters: Sequence[str], returns: str) -> str:
    """Return what is wrong with the function's shape, or ""; parameters may have any names."""
    if isinstance(function, ast.AsyncFunctionDef):
        return "is async, but is called without await"
    if problem := _arity_problem(function.args, len(parameters)):
        return problem
    if isinstance(function, ast.Lambda):
        return ""
    inside = list(_own_nodes(function))
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in inside):
        return f"yields, but is to return the {returns}"
    has_value = (isinstance(node, ast.Return) and node.value is not None for node in inside)
    return "" if any(has_value) else f"never returns the {returns}"


def _arity_problem(arguments: ast.arguments, wanted: int) -> str:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    required = positional - len(arguments.defaults)
    if required > wanted:
        return f"is called with {wanted} arguments, but needs {required}"
    if positional < wanted and arguments.vararg is None:
        return f"is called with {wanted} arguments, but takes {positional}"
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    needed = [argument.arg for argument, default in pairs if default is None]
    return f"needs the keyword {needed[0]}, which it is not given" if needed else ""


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield the nodes of the function itself, without those of functions and classes inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, SCOPES):
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))
