"""Finds workspace addresses, and settings of GBI's variables, written into code and pipelines."""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

from yaml.nodes import Node, ScalarNode

from core.gate.checks import Finding, ModelRepo
from core.gate.facts import CheckFacts
from core.gate.variables import VariableKind, find, variable_entries, yaml_nodes
from core.gate.variables.yaml_nodes import UnreadableYamlError, YamlLimits
from workers.gate.contract.python_source import InvalidPythonError, cells, parse

HOST: Final = re.compile(
    r"(?i)(?<![\w.-])(?!(?:accounts|docs|help)\.)[a-z0-9][a-z0-9-]{0,62}\.(?:\d{1,3}\.)?"
    r"(?:azuredatabricks\.net|databricks\.azure\.(?:us|cn)|cloud\.databricks\.com|"
    r"gcp\.databricks\.com)\b"
)
SETS: Final = re.compile(r"(?i)##vso\[task\.setvariable\s[^\]\n]{0,200}?variable=(\w{1,100})")
MARK: Final = b"databricks"
PIPELINE: Final = re.compile(r"(?i)(^|/)azure[-_]pipelines?[^/]*\.ya?ml$")
YAML_ENDINGS: Final = (".yml", ".yaml")
CODE_ENDINGS: Final = (
    ".r", ".scala", ".java", ".sql", ".sh", ".bat", ".cmd", ".ps1", ".ini", ".cfg", ".conf",
    ".properties", ".toml", ".json", ".tf", ".tfvars", ".bicep", ".env", ".databrickscfg",
    "dockerfile", "makefile",
)  # fmt: skip
LIMITS: Final = YamlLimits(max_bytes=1024 * 1024, max_nodes=50_000, max_depth=40, max_aliases=50)
MEND: Final = "read it from WORKSPACE_URL_<stage>, which GBI sets for each stage"


def host_findings(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding]:
    """Report addresses of workspaces outside of tests, comments and docstrings.

    Tests may name any host, and a comment or a docstring calls none.
    """
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


def _found(path: str, texts: Iterable[tuple[int, str]]) -> Iterator[Finding]:
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
        if isinstance(node, ast.Constant) and id(node) not in silent:
            yield from _constant_texts(node)
    for number, text in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        # A cell in another language is code, although Python sees a comment.
        if text.startswith("# MAGIC"):
            yield number, text


def _constant_texts(node: ast.Constant) -> Iterator[tuple[int, str]]:
    text = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
    if not isinstance(text, str):
        return
    has_lines = node.end_lineno is not None and node.end_lineno > node.lineno
    for offset, line in enumerate(text.split("\n")):
        yield node.lineno + (offset if has_lines else 0), line


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield strings that stand alone as a statement, docstrings among them: no code uses them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _line_texts(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        yield number, re.split(r"(?:^|\s)(?:#|--|//)(?! MAGIC)(?:\s|$)", line, maxsplit=1)[0]


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


def _yaml(path: str, data: bytes, facts: CheckFacts) -> Iterator[Finding]:
    is_pipeline = PIPELINE.search(path) is not None
    if not is_pipeline and MARK not in data.lower() and b"variable" not in data.lower():
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
    texts = list(_yaml_texts(root))
    yield from _found(path, texts)
    if path.casefold() != facts.layout.variables.casefold():
        yield from _owned_by_gbi(path, root)
        yield from _set_by_a_script(path, texts)


def _yaml_texts(root: Node) -> Iterator[tuple[int, str]]:
    """Yield each line of each scalar with its own number, since a script may span many lines."""
    for node in yaml_nodes.walk(root):
        if not isinstance(node, ScalarNode):
            continue
        first = yaml_nodes.line(node) + (1 if node.style in {"|", ">"} else 0)
        for offset, text in _line_texts(node.value):
            yield first + offset - 1, text


def _owned_by_gbi(path: str, root: Node) -> Iterator[Finding]:
    """Report variables of GBI under ``variables:`` of a pipeline, where they would win."""
    for node in yaml_nodes.walk(root):
        for key, _, block in yaml_nodes.entries(node):
            if key.casefold() != "variables":
                continue
            for name, line in _set_in(block):
                yield from _if_gbis(path, name, line)


def _set_by_a_script(path: str, texts: Iterable[tuple[int, str]]) -> Iterator[Finding]:
    """Report scripts that set a variable of GBI by printing a command for Azure Pipelines."""
    for line, text in texts:
        for name in SETS.findall(text):
            yield from _if_gbis(path, name, line)


def _if_gbis(path: str, name: str, line: int) -> Iterator[Finding]:
    row = find(name)
    if row is not None and row.kind is VariableKind.GBI_FIXED:
        mend = "take it out: it comes from GBI's variable groups"
        yield Finding(path, mend, f"{name} belongs to GBI", line)


def _set_in(block: Node) -> Iterator[tuple[str, int]]:
    """Yield the variables that a block sets, in mappings and lists, also below ``${{ if }}:``."""
    inside = (entry for node in yaml_nodes.walk(block) for entry in variable_entries(node))
    yield from dict.fromkeys((name, line) for name, line, _ in inside)
