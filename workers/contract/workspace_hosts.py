"""Addresses of workspaces, and GBI's variables, that are written into code and pipelines."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from yaml.nodes import Node, ScalarNode

from core.checks import Finding, ModelRepo
from core.facts import Facts
from core.variables import Kind, find, variable_entries, yaml_nodes
from core.variables.yaml_nodes import Limits, UnreadableYamlError
from workers.contract.python_source import InvalidPythonError, cells, parse

HOST: Final = re.compile(
    r"(?i)\b[a-z0-9][a-z0-9-]*\.(\d+\.)?"
    r"(azuredatabricks\.net|databricks\.azure\.(us|cn)|cloud\.databricks\.com|gcp\.databricks\.com)\b"
)
MARK: Final = b"databricks"
PIPELINE: Final = re.compile(r"(?i)(^|/)azure[-_]pipelines?[^/]*\.ya?ml$")
YAML_ENDINGS: Final = (".yml", ".yaml")
CODE_ENDINGS: Final = (".r", ".scala", ".sql", ".sh", ".ps1", ".ini", ".cfg", ".toml", ".env")
LIMITS: Final = Limits(max_bytes=1024 * 1024, max_nodes=50_000, max_depth=40, max_aliases=50)
MEND: Final = "read it from WORKSPACE_URL_<stage>, which GBI sets for each stage"


def host_findings(repo: ModelRepo, facts: Facts) -> Iterator[Finding]:
    """Tests may name any host, and a comment or a docstring calls none."""
    tests = f"{facts.layout.tests}/".casefold()
    for path, data in sorted(repo.files.items()):
        low = path.casefold()
        if low.startswith(tests):
            continue
        if low.endswith(YAML_ENDINGS):
            yield from _yaml(path, data, facts)
        elif MARK in data.lower():
            yield from _code(path, low, data)


def _code(path: str, low: str, data: bytes) -> Iterator[Finding]:
    if low.endswith(".py"):
        yield from _found(path, _python_texts(data))
    elif low.endswith(".ipynb"):
        yield from _notebook(path, data)
    elif low.endswith(CODE_ENDINGS):
        yield from _found(path, _line_texts(data.decode("utf-8", "replace")))


def _found(path: str, texts: Iterator[tuple[int, str]]) -> Iterator[Finding]:
    for line, text in texts:
        host = HOST.search(text)
        if host:
            yield Finding(path, MEND, f"the workspace {host[0]} is written here", line)


def _python_texts(data: bytes) -> Iterator[tuple[int, str]]:
    try:
        tree = parse(data)
    except InvalidPythonError:
        yield from _line_texts(data.decode("utf-8", "replace"))
        return
    silent = {id(text) for text in _docstrings(tree)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in silent
        ):
            yield node.lineno, node.value
    for number, text in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        if text.startswith("# MAGIC"):  # a cell in another language: code, though a comment here
            yield number, text


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Texts that stand alone, docstrings among them: they are not used."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _line_texts(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        yield number, re.split(r"(?:^|\s)(?:#(?! MAGIC)|--|//)(?:\s|$)", line, maxsplit=1)[0]


def _notebook(path: str, data: bytes) -> Iterator[Finding]:
    for cell in cells(data):
        for _, text in _line_texts(cell.source):
            host = HOST.search(text)
            if host:
                wrong = f"the workspace {host[0]} is written in cell {cell.number}"
                yield Finding(path, MEND, wrong, _line_in(data, host[0]))


def _line_in(data: bytes, host: str) -> int:
    before, found, _ = data.partition(host.encode())
    return before.count(b"\n") + 1 if found else 0


def _yaml(path: str, data: bytes, facts: Facts) -> Iterator[Finding]:
    is_pipeline = PIPELINE.search(path) is not None
    if not is_pipeline and MARK not in data.lower() and b"variables" not in data.lower():
        return
    try:
        root = yaml_nodes.compose(data, LIMITS)
    except UnreadableYamlError as error:
        if is_pipeline:
            yield Finding(path, error.mend, error.wrong, error.line)
        elif path.casefold() != facts.layout.variables.casefold():
            yield from _found(path, _line_texts(data.decode("utf-8", "replace")))
        return
    if root is None:
        return
    yield from _found(path, _yaml_texts(root))
    if path.casefold() != facts.layout.variables.casefold():
        yield from _owned_by_gbi(path, root)


def _yaml_texts(root: Node) -> Iterator[tuple[int, str]]:
    """A script may have many lines: each counts from its own."""
    for node in yaml_nodes.walk(root):
        if not isinstance(node, ScalarNode):
            continue
        first = yaml_nodes.line(node) + (1 if node.style in {"|", ">"} else 0)
        for offset, text in _line_texts(node.value):
            yield first + offset - 1, text


def _owned_by_gbi(path: str, root: Node) -> Iterator[Finding]:
    """A pipeline's own ``variables:`` would win over GBI's variable groups."""
    for node in yaml_nodes.walk(root):
        for key, _, block in yaml_nodes.entries(node):
            if key.casefold() != "variables":
                continue
            for name, line, _ in variable_entries(block):
                row = find(name)
                if row is not None and row.kind is Kind.GBI_FIXED:
                    mend = "take it out: it comes from GBI's variable groups"
                    yield Finding(path, mend, f"{name} belongs to GBI", line)
