"""Prints how the code hangs together: its rooms and arrows, circles, drawers, names and tests.

A room is a module or a folder that lies directly in a folder. An arrow is an import between two
rooms of one folder. A drawer is a module that exactly one other module imports; what a list names
(checks, cards, commands, steps) is no drawer, as the list is its one reader.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

PACKAGES: Final = ("sluss", "core", "handlers", "workers", "bot", "web", "adapters")
MOST_LINES: Final = 300
# Where the list is not the folder's ``__init__``, this names its module or the folder of its parts.
LIST_OF: Final = {
    "sluss.commands": ("sluss.cli", "sluss.groups."),
    "sluss.groups": ("sluss.cli",),
}
LONG_LIST: Final = "--all"  # With this option each number is followed by what it counts.

Graph = Mapping[str, Iterable[str]]


@dataclass(frozen=True)
class House:
    """The product's modules below ``root``, read as text; none of them is imported."""

    root: Path

    @cached_property
    def files(self) -> dict[str, Path]:
        """Return each module's name and file; an empty ``__init__`` does not count."""
        found = (
            path for package in PACKAGES for path in sorted((self.root / package).rglob("*.py"))
        )
        return {
            _module(path.relative_to(self.root)): path
            for path in found
            if "node_modules" not in path.parts
        }

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        return {
            name: ast.parse(path.read_text(encoding="utf-8")) for name, path in self.files.items()
        }

    @cached_property
    def imports(self) -> dict[str, set[str]]:
        """Return the product's modules that each module imports, also inside its functions."""
        return {
            name: {self._owner(each) for each in _imported(tree)} - {"", name}
            for name, tree in self.trees.items()
        }

    @cached_property
    def importers(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {name: set() for name in self.files}
        for name, imported in self.imports.items():
            for each in imported:
                found[each].add(name)
        return found

    @cached_property
    def counted(self) -> list[str]:
        """Return the modules that may be drawers: no ``__init__`` and no entry of a list."""
        return [
            name
            for name, path in self.files.items()
            if path.stem not in {"__init__", "__main__"} and not self._is_listed(name)
        ]

    @cached_property
    def drawers(self) -> dict[str, str]:
        """Return each module that exactly one other imports, with that other one."""
        return {
            name: next(iter(self.importers[name]))
            for name in self.counted
            if len(self.importers[name]) == 1
        }

    @cached_property
    def share(self) -> float:
        return len(self.drawers) / len(self.counted)

    @cached_property
    def rooms(self) -> dict[str, set[str]]:
        """Return the rooms that lie directly in each folder."""
        found: dict[str, set[str]] = defaultdict(set)
        for name, path in self.files.items():
            if path.stem != "__init__":
                found[name.rpartition(".")[0]].add(name)
        for folder in list(found):
            while "." in folder:
                found[folder.rpartition(".")[0]].add(folder)
                folder = folder.rpartition(".")[0]  # noqa: PLW2901 - walks up
        return dict(found)

    def arrows(self, folder: str) -> set[tuple[str, str]]:
        """Return the pairs of rooms of this folder of which the first imports from the second."""
        prefix, depth = f"{folder}.", folder.count(".") + 2
        return {
            (_cut(name, depth), _cut(each, depth))
            for name, imported in self.imports.items()
            if name.startswith(prefix)
            for each in imported
            if each.startswith(prefix) and _cut(name, depth) != _cut(each, depth)
        }

    @cached_property
    def circles(self) -> list[list[str]]:
        """Return the groups of modules, or of a folder's rooms, that import each other round."""
        found = circles_of(self.imports)
        for folder in self.rooms:
            graph: dict[str, set[str]] = defaultdict(set)
            for start, end in self.arrows(folder):
                graph[start].add(end)
            found += circles_of(graph)
        return sorted(found)

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """Return each public class name that more than one module defines, with those modules."""
        found: dict[str, list[str]] = defaultdict(list)
        for module, tree in self.trees.items():
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found[node.name].append(module)
        return {name: modules for name, modules in sorted(found.items()) if len(modules) > 1}

    @cached_property
    def long_files(self) -> dict[str, int]:
        lines = {name: _lines(path) for name, path in self.files.items()}
        return {name: count for name, count in lines.items() if count > MOST_LINES}

    @cached_property
    def source_lines(self) -> int:
        return sum(map(_lines, self.files.values()))

    @cached_property
    def test_lines(self) -> int:
        return sum(map(_lines, (self.root / "tests").rglob("*.py")))

    def _owner(self, imported: str) -> str:
        """Return the module of ``a.b.c``, where c may be a module or defined in one."""
        for name in (imported, imported.rpartition(".")[0]):
            if name in self.files:
                return name
        return ""

    def _is_listed(self, name: str) -> bool:
        """Tell whether the only reader is a list, its folder's or the command line's."""
        folder = name.rpartition(".")[0]
        lists = LIST_OF.get(folder, (folder,))
        return len(self.importers[name]) == 1 and any(
            reader == each or (each.endswith(".") and reader.startswith(each))
            for reader in self.importers[name]
            for each in lists
        )


def circles_of(graph: Graph) -> list[list[str]]:
    """Return the groups of nodes that all reach each other."""
    reached = {node: _reached(graph, node) for node in graph}
    groups = {
        frozenset(other for other in reached[node] if node in reached.get(other, ()))
        for node in graph
    }
    return sorted(sorted(group) for group in groups if group)


def _reached(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += graph.get(node, ())
    return found


def report(house: House, *, is_long: bool = False) -> Iterator[str]:
    """Yield the numbers, a line each; with ``is_long`` also what each number counts."""
    for package in PACKAGES:
        rooms, arrows = len(house.rooms[package]), len(house.arrows(package))
        yield f"{package:<10} {rooms:>3} rooms, {arrows:>3} arrows between them"
    yield f"circles: {len(house.circles)} (aim 0)"
    yield from (f"  {' <> '.join(circle)}" for circle in house.circles)
    counted = f"{len(house.drawers)} of {len(house.counted)}"
    yield f"files with one importer, lists left out: {counted}, {house.share:.1%} (aim <= 25 %)"
    if is_long:
        yield from (f"  {name} <- {reader}" for name, reader in sorted(house.drawers.items()))
    yield f"public class names with two meanings: {len(house.names)} (aim 0)"
    yield from (f"  {name}: {', '.join(modules)}" for name, modules in house.names.items())
    yield f"files over {MOST_LINES} lines: {len(house.long_files)} (aim 0)"
    yield from (f"  {name}: {count}" for name, count in house.long_files.items())
    ratio = house.test_lines / house.source_lines
    yield f"tests/source: {house.test_lines} / {house.source_lines} lines = {ratio:.2f} (>= 0.83)"


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _cut(name: str, depth: int) -> str:
    return ".".join(name.split(".")[:depth])


def _lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


if __name__ == "__main__":
    for line in report(House(Path(__file__).parents[1]), is_long=LONG_LIST in sys.argv):
        sys.stdout.write(f"{line}\n")
