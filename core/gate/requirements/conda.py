"""conda.yml: its dependencies, said as pip would say them."""

import re
from collections.abc import Iterator
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from core.gate.requirements.entry import Entry, Kind, unreadable
from core.gate.requirements.pip_lines import pip_entry, without_comment
from core.gate.variables.yaml_nodes import UnreadableYamlError, child, compose, line

SPEC: Final = re.compile(r"(?:[^\s:\[\]]+::)?(?P<name>[A-Za-z0-9_.-]+)\s*(?P<rest>.*)")
VERSION_ALONE: Final = re.compile(
    r"(?P<version>\d[A-Za-z0-9_!+]*(?:\.[A-Za-z0-9_!+]+)*)(?P<any>\.?\*)?"
)

# Names that differ between the two worlds; and what is no Python package at all.
PIP_NAMES: Final = {
    "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack",
    "py-lightgbm": "lightgbm",
    "py-xgboost": "xgboost",
    "pytables": "tables",
    "pytorch": "torch",
}
THE_INTERPRETER: Final = frozenset({"python", "pip"})
NOT_PYTHON: Final = frozenset(
    {
        "blas", "ca-certificates", "cudatoolkit", "gcc", "git", "graphviz", "gxx", "libgcc",
        "libgomp", "libstdcxx-ng", "mkl", "nodejs", "openblas", "openjdk", "openssl", "r-base",
        "zlib",
    }
)  # fmt: skip
WRITE_VERSION: Final = "write it as name=1.2.3 or name>=1.2"


def conda_entries(text: str) -> Iterator[Entry]:
    try:
        root = compose(text.encode(errors="replace"))
    except UnreadableYamlError as error:
        yield unreadable("", error.wrong, error.mend, error.line)
        return
    found = child(root, "dependencies") if root is not None else None
    if not isinstance(found, SequenceNode):
        mend = "list the packages under 'dependencies:'"
        yield unreadable("", "has no list of dependencies", mend)
        return
    for entry in found.value:
        if isinstance(entry, ScalarNode):
            yield _translated(entry.value.strip(), line(entry))
        else:
            yield from _pip_list(entry)


def _pip_list(entry: Node) -> Iterator[Entry]:
    pip = child(entry, "pip") if isinstance(entry, MappingNode) else None
    listed = pip.value if isinstance(pip, SequenceNode) else [entry]
    for inner in listed:
        if not isinstance(inner, ScalarNode):
            mend = "write a name with a version, or a list under 'pip:'"
            yield unreadable("", "has an entry of another kind", mend, line(inner))
        elif wanted := without_comment(inner.value):
            yield pip_entry(wanted, line(inner))


def _translated(wanted: str, number: int) -> Entry:
    found = SPEC.fullmatch(wanted)
    if found is None:
        return unreadable(wanted, f"has {wanted!r}", "write it as name=version", number)
    name, rest = found["name"].casefold(), found["rest"].strip()
    if name in NOT_PYTHON or name.startswith(("r-", "_")):
        wrong = f"asks for {name}, which pip cannot provide"
        return Entry(kind=Kind.NOT_PYTHON, text=name, line=number, wrong=wrong)
    if "|" in rest:
        wrong = f"has {rest!r}, which pip cannot express"
        return unreadable(wanted, wrong, "choose one of the versions", number)
    version = _version(rest)
    if version is None:
        return unreadable(wanted, f"has the version {rest!r}", WRITE_VERSION, number)
    kind = Kind.INTERPRETER if name in THE_INTERPRETER else Kind.PACKAGE
    text = PIP_NAMES.get(name, name) + version
    return Entry(kind=kind, text=text, line=number, is_conda=True)


def _version(rest: str) -> str | None:
    """``=1.2`` means any 1.2 in conda; ``=1.2=build`` and ``==1.2`` mean that one."""
    if not rest:
        return ""
    if rest[0] in "<>!~" or "," in rest:
        return ",".join(part.strip() for part in rest.split(","))
    is_exact = rest.startswith("==") or rest.lstrip("= ").count("=") == 1
    version = VERSION_ALONE.fullmatch(rest.lstrip("= ").partition("=")[0].strip())
    if version is None:
        return None
    return f"=={version['version']}" + ("" if is_exact and not version["any"] else ".*")
