"""Which file of the repository a module is, as the pipeline finds it: from two folders."""

import ast
import re

import msgspec

from core.gate.checks import ModelRepo

INIT = "__init__"


class Module(msgspec.Struct, frozen=True):
    """``package`` is the dotted name that relative imports start from; "" outside a package."""

    path: str
    package: str = ""


class Modules:
    """Runs find modules from the folder of the entry point, and from the root."""

    def __init__(self, repo: ModelRepo, entry: str) -> None:
        self._repo = repo
        folder = entry.rpartition("/")[0]
        self._bases = tuple(dict.fromkeys((f"{folder}/" if folder else "", "")))

    def imported(self, importer: Module, found: ast.ImportFrom) -> Module | None:
        """The module of ``from module import x``, or None: then it is a library, or nothing."""
        dotted = found.module or ""
        if found.level:
            parents = importer.package.split(".")
            kept = parents[: len(parents) - found.level + 1]
            dotted = ".".join(filter(None, [*kept, dotted]))
        return self._find(dotted)

    def way_to(self, dotted: str) -> str:
        """How to import a module that lies where nobody looks; "" where it is not ours."""
        ending = re.compile(rf"(?:.*/)?{re.escape(dotted.replace('.', '/'))}(?:/{INIT})?\.py")
        path = next((path for path in sorted(self._repo.files) if ending.fullmatch(path)), "")
        base = next((base for base in self._bases if path.startswith(base)), "")
        return (
            path.removeprefix(base).removesuffix(".py").removesuffix(f"/{INIT}").replace("/", ".")
        )

    def neighbour(self, path: str, name: str) -> str:
        """The module beside ``path`` that defines a function of this name at its top, or ""."""
        folder = path.rpartition("/")[0]
        defines = re.compile(rb"(?m)^(?:async )?def %s\(" % name.encode())
        for other, data in sorted(self._repo.files.items()):
            is_beside = other.rpartition("/")[0] == folder and other != path
            if is_beside and other.endswith(".py") and defines.search(data):
                return other.rpartition("/")[2].removesuffix(".py")
        return ""

    def _find(self, dotted: str) -> Module | None:
        relative = dotted.replace(".", "/")
        for base in self._bases if dotted else ():
            if f"{base}{relative}.py" in self._repo.files:
                return Module(f"{base}{relative}.py", dotted.rpartition(".")[0])
            if f"{base}{relative}/{INIT}.py" in self._repo.files:
                return Module(f"{base}{relative}/{INIT}.py", dotted)
        return None
