"""model_variables.yml: its values with their lines, and all that is wrong with its form at once."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from core.gate.checks import Finding
from core.gate.variables import yaml_nodes
from core.gate.variables.table import find
from core.gate.variables.yaml_nodes import UnreadableYamlError

VARIABLES_KEY: Final = "variables"
TEMPLATE_KEYS: Final = ("variables", "parameters")  # all that a variables template may have on top
FORM: Final = "write variables: and below it, indented, lines such as MODEL_NAME: loan_default"


class Value(msgspec.Struct, frozen=True):
    """What the file says of one variable; None where it says nothing after the colon."""

    text: str | None
    line: int
    spelling: str


class VariablesFile(msgspec.Struct, frozen=True):
    """``values`` has the table's spelling of each name as key, or the file's own where unknown."""

    values: Mapping[str, Value]
    findings: tuple[Finding, ...] = ()
    is_unreadable: bool = False  # then nothing more can be said about its values


class _Entry(msgspec.Struct, frozen=True):
    name: str
    line: int
    value: Node


def read(data: bytes, path: str) -> VariablesFile:
    """Read the file as Azure Pipelines would: a mapping, or a list of ``name`` and ``value``."""
    try:
        root = yaml_nodes.compose(data)
    except UnreadableYamlError as error:
        return VariablesFile(
            {}, (Finding(path, error.mend, error.wrong, error.line),), is_unreadable=True
        )
    if root is None:
        return VariablesFile({}, (Finding(path, FORM, "is empty"),))
    if not isinstance(root, MappingNode):
        return VariablesFile(
            {}, (Finding(path, FORM, "is no mapping", yaml_nodes.line(root)),), is_unreadable=True
        )
    findings = list(_top_findings(root, path))
    values: dict[str, Value] = {}
    for entry in _entries(_block(root)):
        findings.extend(_take(entry, values, path))
    findings.extend(_form_findings(root, path))
    return VariablesFile(values, tuple(sorted(findings, key=lambda finding: finding.line)))


def variable_entries(block: Node) -> list[tuple[str, int, str]]:
    """Name, line and text of each plain variable in any ``variables:`` block of a pipeline."""
    named = [(entry.name, entry.line, entry.value) for entry in _entries(block)]
    return [(name, at, node.value) for name, at, node in named if isinstance(node, ScalarNode)]


def _block(root: MappingNode) -> Node:
    """What holds the variables; the file itself where somebody forgot ``variables:``."""
    return yaml_nodes.child(root, VARIABLES_KEY) or root


def _entries(block: Node) -> Iterator[_Entry]:
    if isinstance(block, SequenceNode):
        for item in block.value:
            named, value = yaml_nodes.child(item, "name"), yaml_nodes.child(item, "value")
            if isinstance(named, ScalarNode) and value is not None:
                yield _Entry(named.value, yaml_nodes.line(named), value)
        return
    for name, key, value in yaml_nodes.entries(block):
        yield _Entry(name, yaml_nodes.line(key), value)


def _take(entry: _Entry, values: dict[str, Value], path: str) -> Iterator[Finding]:
    row = find(entry.name)
    name = row.name if row and not row.may_have_stage else entry.name.upper()
    if name in values:
        mend = f"keep one of them (the other is in line {values[name].line})"
        yield Finding(path, mend, f"sets {entry.name} twice", entry.line)
        return
    if not isinstance(entry.value, ScalarNode):
        yield Finding(
            path, "write one plain value", f"gives {entry.name} a list or a mapping", entry.line
        )
        return
    text = None if yaml_nodes.is_null(entry.value) else entry.value.value
    values[name] = Value(text, entry.line, entry.name)


def _top_findings(root: MappingNode, path: str) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    has_block = yaml_nodes.child(root, VARIABLES_KEY) is not None
    if not has_block:
        yield Finding(
            path, "put them, indented, under variables:", "has no variables: at the top", 1
        )
    for name, key, _ in yaml_nodes.entries(root):
        low, at = name.casefold(), yaml_nodes.line(key)
        if has_block and low in seen:
            yield Finding(path, "keep one of them", f"has {name}: twice", at)
        elif has_block and low not in TEMPLATE_KEYS:
            yield Finding(
                path,
                "move it under variables:, or take it out",
                f"has {name}: at the top, which a variables template may not",
                at,
            )
        seen[low] = at


def _form_findings(root: MappingNode, path: str) -> Iterator[Finding]:
    block = _block(root)
    if yaml_nodes.is_null(block) or (isinstance(block, ScalarNode) and block.value == ""):
        yield Finding(path, FORM, "has nothing under variables:", yaml_nodes.line(block))
    elif isinstance(block, ScalarNode):
        yield Finding(path, FORM, "has no mapping or list under variables:", yaml_nodes.line(block))
    elif isinstance(block, SequenceNode):
        yield from _list_findings(block, path)
    elif any(not isinstance(key, ScalarNode) for key, _ in block.value):
        yield Finding(path, "use plain names", "has a key that is no name", yaml_nodes.line(block))


def _list_findings(block: SequenceNode, path: str) -> Iterator[Finding]:
    """``- group:`` and ``- template:`` are Azure's own and say nothing about a model."""
    for item in block.value:
        names = {name.casefold() for name, _, _ in yaml_nodes.entries(item)}
        if names & {"group", "template"} or {"name", "value"} <= names:
            continue
        mend = "write - name: MODEL_NAME with value: below it"
        yield Finding(path, mend, "has an item without name and value", yaml_nodes.line(item))
