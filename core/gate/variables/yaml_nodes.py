"""YAML from strangers: read to a tree of nodes with lines, within limits, never to objects."""

from typing import Final

import msgspec
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from core.errors import SlussError

NULL: Final = "tag:yaml.org,2002:null"
PLAIN_TAGS: Final = "tag:yaml.org,2002:"
UNSAFE_TAGS: Final = "tag:yaml.org,2002:python/"


class YamlLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits are far above what people write by hand, and far below what hurts."""

    max_bytes: int = 64 * 1024
    max_nodes: int = 5_000
    max_depth: int = 20
    max_aliases: int = 0  # Azure Pipelines knows no anchors, and nested aliases are a bomb


class UnreadableYamlError(SlussError):
    """The YAML cannot be read."""

    def __init__(self, wrong: str, mend: str, line: int = 0) -> None:
        super().__init__(f"{wrong}: {mend}")
        self.wrong = wrong
        self.mend = mend
        self.line = line


class _BoundedLoader(yaml.SafeLoader):
    def __init__(self, data: bytes, limits: YamlLimits) -> None:
        super().__init__(data)
        self._limits = limits
        self._depth = 0
        self._nodes = 0
        self._aliases = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
        self._count(line)
        self._depth += 1
        if self._depth > self._limits.max_depth:
            raise UnreadableYamlError(
                f"is nested deeper than {self._limits.max_depth} levels", "make it flat", line
            )
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _count(self, line: int) -> None:
        self._nodes += 1
        if self._nodes > self._limits.max_nodes:
            raise UnreadableYamlError(
                f"has more than {self._limits.max_nodes} values", "make it smaller", line
            )
        if not self.check_event(yaml.AliasEvent):
            return
        self._aliases += 1
        if self._aliases > self._limits.max_aliases:
            raise UnreadableYamlError(
                "uses a YAML alias (*name), which Azure Pipelines does not know",
                "write the value out",
                line,
            )


def compose(data: bytes, limits: YamlLimits | None = None) -> Node | None:
    """The tree of the one document in ``data``, None when it is empty.

    Raise UnreadableYamlError, with the line where there is one, for everything else.
    """
    limits = limits or YamlLimits()
    if len(data) > limits.max_bytes:
        size = f"is {len(data):,} bytes long, more than {limits.max_bytes:,}"
        raise UnreadableYamlError(size, "keep only what belongs in it")
    try:
        loader = _BoundedLoader(data, limits)
        node: Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        why = error.problem or error.context or "not readable"
        raise UnreadableYamlError(f"is not valid YAML ({why})", "mend it", line) from error
    except yaml.YAMLError as error:
        why = str(error).partition("\n")[0]
        raise UnreadableYamlError(f"is not valid YAML ({why})", "save it as UTF-8 text") from error
    if node is not None:
        _refuse_tags(node)
    return None if node is None or is_null(node) else node


def line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == NULL


def entries(node: Node) -> list[tuple[str, Node, Node]]:
    """Key text, key and value of a mapping; none for anything else."""
    if not isinstance(node, MappingNode):
        return []
    return [(key.value, key, value) for key, value in node.value if isinstance(key, ScalarNode)]


def child(node: Node, name: str) -> Node | None:
    """The value under a key of a mapping, without case."""
    wanted = name.casefold()
    return next((value for key, _, value in entries(node) if key.casefold() == wanted), None)


def walk(node: Node) -> list[Node]:
    """Every node once, in the order of the file, however often aliases repeat it."""
    found: list[Node] = []
    waiting, seen = [node], set[int]()
    while waiting:
        here = waiting.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        found.append(here)
        waiting.extend(reversed(_inside(here)))
    return found


def _inside(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _refuse_tags(root: Node) -> None:
    for node in walk(root):
        tag = str(node.tag)
        if tag.startswith(PLAIN_TAGS) and not tag.startswith(UNSAFE_TAGS):
            continue
        raise UnreadableYamlError(f"has the tag {tag!r}", "write plain values", line(node))
