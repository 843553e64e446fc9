"""The dataset template: which tables a run reads from where, and its parameters."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import yaml
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from core.checks import Finding
from core.variables import yaml_nodes
from core.variables.yaml_nodes import UnreadableYamlError

KEYS: Final = ("tables", "parameters")
FORM: Final = "write tables: and below it, indented, lines such as loans: data/loans.csv"
# YAML 1.1 reads 1e-3 as text and 1:30 as 90: a parameter means what it looks like.
FLOAT: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+")
TYPED: Final = {f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null")}
FILE_ENDINGS: Final = (".csv", ".tsv", ".parquet", ".json", ".jsonl", ".feather", ".xlsx")


class Dataset(msgspec.Struct, frozen=True):
    """``tables`` maps a name to a table of the catalogue or a file of the repository."""

    tables: Mapping[str, str]
    parameters: Mapping[str, Any] = {}


class DatasetRead(msgspec.Struct, frozen=True):
    """``lines`` has the line of each table."""

    dataset: Dataset
    findings: tuple[Finding, ...] = ()
    lines: Mapping[str, int] = {}


def read_dataset(data: bytes, path: str) -> DatasetRead:
    """Read the template; whatever is wrong with it is a finding, never an exception."""
    try:
        root = yaml_nodes.compose(data)
    except UnreadableYamlError as error:
        return _nothing(Finding(path, error.mend, error.wrong, error.line))
    if root is None:
        return _nothing(Finding(path, FORM, "is empty"))
    if not isinstance(root, MappingNode):
        return _nothing(Finding(path, FORM, "is no mapping", yaml_nodes.line(root)))
    tables = yaml_nodes.child(root, "tables")
    parameters = yaml_nodes.child(root, "parameters")
    return DatasetRead(
        Dataset(_texts(tables), _plain_mapping(parameters)),
        tuple(sorted(_findings(root, path), key=lambda finding: finding.line)),
        {name: yaml_nodes.line(key) for name, key, _ in yaml_nodes.entries(tables or root)},
    )


def is_file(location: str) -> bool:
    """Whether a location names a file of the repository, not a table or an address."""
    return "://" not in location and ("/" in location or location.casefold().endswith(FILE_ENDINGS))


def _nothing(finding: Finding) -> DatasetRead:
    return DatasetRead(Dataset({}), (finding,))


def _findings(root: MappingNode, path: str) -> Iterator[Finding]:
    for name, key, _ in yaml_nodes.entries(root):
        if name.casefold() not in KEYS:
            mend = "it may have tables: and parameters: only"
            yield Finding(path, mend, f"has an unknown key {name}", yaml_nodes.line(key))
    tables = yaml_nodes.child(root, "tables")
    if tables is None or not yaml_nodes.entries(tables):
        yield Finding(path, FORM, "names no table", yaml_nodes.line(tables or root))
    parameters = yaml_nodes.child(root, "parameters")
    if isinstance(parameters, SequenceNode) or _is_text(parameters):
        mend, at = "write name: value below it", yaml_nodes.line(parameters or root)
        yield Finding(path, mend, "has no mapping under parameters:", at)
    for block in (tables, parameters):
        yield from _twice(block, path)
    yield from _table_findings(tables, path)


def _is_text(node: Node | None) -> bool:
    return isinstance(node, ScalarNode) and not yaml_nodes.is_null(node)


def _twice(block: Node | None, path: str) -> Iterator[Finding]:
    seen = set[str]()
    for name, key, _ in yaml_nodes.entries(block) if block else []:
        if name in seen:
            yield Finding(path, "keep one of them", f"names {name} twice", yaml_nodes.line(key))
        seen.add(name)


def _table_findings(tables: Node | None, path: str) -> Iterator[Finding]:
    for name, key, value in yaml_nodes.entries(tables) if tables else []:
        if isinstance(value, ScalarNode) and _is_text(value) and value.value.strip():
            continue
        mend = "write where it is: a table of the catalogue, or a file such as data/loans.csv"
        yield Finding(path, mend, f"gives the table {name} no location", yaml_nodes.line(key))


def _texts(node: Node | None) -> dict[str, str]:
    found = yaml_nodes.entries(node) if node else []
    return {
        name: value.value.strip()
        for name, _, value in found
        if isinstance(value, ScalarNode) and _is_text(value)
    }


def _plain_mapping(node: Node | None) -> dict[str, Any]:
    return {name: _plain(value) for name, _, value in yaml_nodes.entries(node)} if node else {}


def _plain(node: Node) -> Any:
    """Numbers, truth and nothing as themselves; dates and the rest as they are written."""
    if isinstance(node, MappingNode):
        return _plain_mapping(node)
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.value]
    if isinstance(node, ScalarNode) and node.style is None and FLOAT.fullmatch(node.value):
        return float(node.value)
    if node.tag not in TYPED or ":" in node.value:
        return node.value
    try:
        return SafeConstructor().construct_object(node)
    except (ValueError, yaml.YAMLError):  # "0x_" counts as a number in YAML 1.1, but is none
        return node.value
