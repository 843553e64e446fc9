"""The dataset template: which tables a model reads, and its parameters; read in this file alone."""

import datetime as dt
import math
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import yaml
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode

from core.errors import StepFailedError
from core.gate.variables.yaml_nodes import UnreadableYamlError, compose, entries, is_null, line

EXAMPLE: Final = """\
tables:
  applications: data/applications.csv   # a file of the repository, or
  customers: risk.loans.customers       # a table of the workspace, or both:
  payments: {table: risk.loans.payments, file: data/payments.csv}
parameters:
  seed: 7
"""
KEYS: Final = ("tables", "parameters")
SOURCES: Final = ("file", "table")
READERS: Final = (".csv", ".parquet", ".json")  # what a file's name ends with, and how it is read
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class DatasetTemplateError(StepFailedError):
    """The dataset template cannot be used. Nothing was run; mend it and push again."""

    def __init__(self, wrong: str, mend: str, line: int = 0) -> None:
        place = f" (line {line})" if line else ""
        super().__init__(f"The dataset template{place} {wrong}. Nothing was run; {mend}.")
        self.wrong = wrong
        self.mend = mend
        self.line = line


class TableSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where one table is: a file of the repository, a table of the workspace, or both."""

    name: str
    file: str = ""
    table: str = ""
    line: int = 0


class DatasetTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """``parameters`` holds plain JSON values; dates are text in ISO form."""

    tables: tuple[TableSource, ...] = ()
    parameters: dict[str, Any] = {}


def parse(text: str) -> DatasetTemplate:
    """Raise DatasetTemplateError at the first thing that is wrong."""
    root = _root(text)
    sections = {key: value for key, _, value in entries(root)}
    tables, parameters = sections.get("tables"), sections.get("parameters")
    return DatasetTemplate(
        tables=tuple(_tables(tables)) if tables is not None and not is_null(tables) else (),
        parameters=_parameters(parameters) if parameters is not None else {},
    )


def _root(text: str) -> Node:
    try:
        root = compose(text.encode(errors="replace"))
    except UnreadableYamlError as error:
        raise DatasetTemplateError(error.wrong, error.mend, error.line) from error
    if root is None:
        raise DatasetTemplateError("is empty", "name the tables that the model reads")
    if not isinstance(root, MappingNode):
        raise DatasetTemplateError("is no mapping", f"write {' and '.join(KEYS)} in it", line(root))
    for key, node, _ in _once(root):
        if key not in KEYS:
            mend = f"write only {' and '.join(KEYS)} at the top"
            raise DatasetTemplateError(f"has the unknown key {key!r}", mend, line(node))
    return root


def _once(mapping: Node) -> Iterator[tuple[str, Node, Node]]:
    """YAML would silently take the last of two equal keys."""
    seen: set[str] = set()
    for key, node, value in entries(mapping):
        if key in seen:
            raise DatasetTemplateError(f"has {key!r} twice", "keep one of them", line(node))
        seen.add(key)
        yield key, node, value


def _tables(section: Node) -> Iterator[TableSource]:
    if not isinstance(section, MappingNode):
        raise DatasetTemplateError(
            "has no names under 'tables'", "write each as name: file or table", line(section)
        )
    for name, key, value in _once(section):
        if not NAME.fullmatch(name):
            mend = "use letters, digits and underscores, as for a variable"
            raise DatasetTemplateError(f"calls a table {name!r}", mend, line(key))
        yield _table(name, key, value)


def _table(name: str, key: Node, value: Node) -> TableSource:
    found: dict[str, str] = {}
    if isinstance(value, ScalarNode) and not is_null(value) and value.value.strip():
        text = value.value.strip()
        found = {"file" if _looks_like_file(text) else "table": text}
    for kind, node, source in _once(value):
        if kind not in SOURCES or not isinstance(source, ScalarNode):
            mend = f"give {name!r} a {' or a '.join(SOURCES)}"
            raise DatasetTemplateError(f"has {kind!r} in table {name!r}", mend, line(node))
        found[kind] = "" if is_null(source) else source.value.strip()
    if not any(found.values()):
        mend = "give it a file of the repository or a table of the workspace"
        raise DatasetTemplateError(f"has no source for the table {name!r}", mend, line(key))
    return TableSource(name=name, line=line(key), **found)


def _looks_like_file(text: str) -> bool:
    return "/" in text or "\\" in text or text.casefold().endswith(READERS)


def _parameters(section: Node) -> dict[str, Any]:
    if is_null(section):
        return {}
    if not isinstance(section, MappingNode):
        raise DatasetTemplateError(
            "has no names under 'parameters'", "write each as name: value", line(section)
        )
    return {name: _value(name, value) for name, _, value in _once(section)}


def _value(name: str, node: Node) -> Any:
    wrong = f"has a value in the parameter {name!r} that cannot be read"
    try:
        return _plain(SafeConstructor().construct_document(node))
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise DatasetTemplateError(wrong, "write plain values", line(node)) from error


def _plain(value: Any) -> Any:
    """The value as JSON has it, since that is how it travels to the model."""
    if isinstance(value, dict):
        return {_key(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(value)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(key)
    return key
