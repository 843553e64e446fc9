"""Reads the syntax tree of a repository's Python without ever importing it."""

import ast
import codecs
import json
import warnings
from collections.abc import Iterator
from typing import Final

import msgspec

NOTEBOOK_HEAD: Final = b"# Databricks notebook source"
NOTEBOOK_ENDING: Final = ".ipynb"


class InvalidPythonError(Exception):
    """The source is no Python; ``line`` is 0 where the parser does not know it."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.why = why
        self.line = line


def parse(source: bytes) -> ast.Module:
    """Raise InvalidPythonError; hostile sources also end the process, so use a child."""
    before, null, _ = source.partition(b"\0")  # Python itself would not say in which line
    if null:
        raise InvalidPythonError("it has a null byte", before.count(b"\n") + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" in a model's string is the model's affair
        try:
            return ast.parse(source)
        except SyntaxError as error:  # also: too many nested brackets, an unknown encoding
            raise InvalidPythonError(error.msg or "invalid syntax", error.lineno or 0) from error
        except (RecursionError, MemoryError) as error:  # what the parser's stack cannot hold
            raise InvalidPythonError("too deeply nested", 0) from error
        except ValueError as error:
            raise InvalidPythonError(str(error), 0) from error


def is_notebook(path: str, source: bytes) -> bool:
    """Jupyter's form, or the one that Databricks exports to ``.py``."""
    text = source.removeprefix(codecs.BOM_UTF8).lstrip()
    return path.casefold().endswith(NOTEBOOK_ENDING) or text.startswith(NOTEBOOK_HEAD)


class NotebookCell(msgspec.Struct, frozen=True):
    """One code cell; ``line`` is where its text starts, counted in the notebook's own code."""

    number: int
    source: str


def cells(notebook: bytes) -> Iterator[NotebookCell]:
    """The code cells of a Jupyter notebook; none when it cannot be read."""
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
