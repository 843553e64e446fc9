"""What an environment file asks for, line by line: requirements.txt and conda.yml."""

import re
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Final

import msgspec
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from core.gate.requirement import (
    BY_ADDRESS,
    NAME_IT,
    UnreadableRequirement,
    read_requirement,
    split_hashes,
    written,
)
from core.gate.variables.yaml_nodes import UnreadableYamlError, child, compose, line

COMMENT: Final = re.compile(r"(^|\s)#.*$")
OPTION: Final = re.compile(r"--[A-Za-z-]*|-[A-Za-z]?")  # what follows may be a password
ARCHIVES: Final = (".whl", ".tar.gz", ".zip")
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
CONDA_SUFFIXES: Final = (".yml", ".yaml")


Hosts = Collection[str]


class LineKind(StrEnum):
    PACKAGE = "package"
    INTERPRETER = "interpreter"  # conda's own python and pip
    NOT_PYTHON = "no Python package"  # what conda can bring, and pip cannot
    OPTION = "option"  # of pip: -r, -c, -e, --index-url
    ADDRESS = "address"  # a folder, a file or a URL in place of a name
    UNREADABLE = "unreadable"


class RequirementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an environment file; ``text`` is how pip would write it.

    That of a package was parsed and written anew. ``wrong`` says why a line is no package, and
    ``mend`` what to do about one that is unreadable; about other lines it is for the reader to say.
    ``is_conda``: conda brings it, which knows packages that no index of Python's has.
    """

    kind: LineKind
    text: str
    line: int = 0
    wrong: str = ""
    mend: str = ""
    is_conda: bool = False


def unreadable(text: str, wrong: str, mend: str, line: int = 0) -> RequirementLine:
    return RequirementLine(kind=LineKind.UNREADABLE, text=text, line=line, wrong=wrong, mend=mend)


def pip_entries(text: str, hosts: Hosts = ()) -> Iterator[RequirementLine]:
    for number, found in _logical_lines(text):
        if found:
            yield pip_entry(found, number, hosts)


def pip_entry(wanted: str, number: int, hosts: Hosts = ()) -> RequirementLine:
    """The requirement of a line without its comment; conda has such lines below ``pip:``."""
    text = " ".join(wanted.split())
    if option := OPTION.match(text):
        wrong = f"has the option {option[0]}"
        return RequirementLine(kind=LineKind.OPTION, text=text, line=number, wrong=wrong)
    asked, hashes = split_hashes(text)
    found = read_requirement(asked, hosts)
    if not isinstance(found, UnreadableRequirement):
        return RequirementLine(kind=LineKind.PACKAGE, text=written(found) + hashes, line=number)
    if found.is_address or _is_address(text):
        wrong, mend = (found.wrong, found.mend) if found.is_address else (BY_ADDRESS, NAME_IT)
        return RequirementLine(
            kind=LineKind.ADDRESS, text=text, line=number, wrong=wrong, mend=mend
        )
    return unreadable(text, found.wrong, found.mend, number)


def without_comment(line: str) -> str:
    return COMMENT.sub("", line).strip()


def _is_address(text: str) -> bool:
    first = text.partition(" ")[0].casefold()
    return text.startswith((".", "/")) or "://" in text or first.endswith(ARCHIVES)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line with the number of its first part; as for pip, a comment is not continued."""
    parts, first = list[str](), 0
    for number, each in enumerate(text.splitlines(), 1):
        first = first or number
        if each.endswith("\\") and not COMMENT.search(each):
            parts.append(each[:-1].strip())
            continue
        yield first, " ".join((*parts, without_comment(each))).strip()
        parts, first = [], 0
    yield first, " ".join(parts).strip()


def conda_entries(text: str, hosts: Hosts = ()) -> Iterator[RequirementLine]:
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
            yield from _pip_list(entry, hosts)


def _pip_list(entry: Node, hosts: Hosts) -> Iterator[RequirementLine]:
    pip = child(entry, "pip") if isinstance(entry, MappingNode) else None
    listed = pip.value if isinstance(pip, SequenceNode) else [entry]
    for inner in listed:
        if not isinstance(inner, ScalarNode):
            mend = "write a name with a version, or a list under 'pip:'"
            yield unreadable("", "has an entry of another kind", mend, line(inner))
        elif wanted := without_comment(inner.value):
            yield pip_entry(wanted, line(inner), hosts)


def _translated(wanted: str, number: int) -> RequirementLine:
    found = SPEC.fullmatch(wanted)
    if found is None:
        return unreadable(wanted, f"has {wanted!r}", "write it as name=version", number)
    name, rest = found["name"].casefold(), found["rest"].strip()
    if name in NOT_PYTHON or name.startswith(("r-", "_")):
        wrong = f"asks for {name}, which pip cannot provide"
        return RequirementLine(kind=LineKind.NOT_PYTHON, text=name, line=number, wrong=wrong)
    if "|" in rest:
        wrong = f"has {rest!r}, which pip cannot express"
        return unreadable(wanted, wrong, "choose one of the versions", number)
    version = _version(rest)
    if version is None:
        return unreadable(wanted, f"has the version {rest!r}", WRITE_VERSION, number)
    kind = LineKind.INTERPRETER if name in THE_INTERPRETER else LineKind.PACKAGE
    asked = read_requirement(PIP_NAMES.get(name, name) + version)
    if isinstance(asked, UnreadableRequirement):
        return unreadable(wanted, asked.wrong, asked.mend, number)
    return RequirementLine(kind=kind, text=written(asked), line=number, is_conda=True)


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


def is_conda(file: str) -> bool:
    return file.casefold().endswith(CONDA_SUFFIXES)


def entries(file: str, text: str, hosts: Hosts = ()) -> tuple[RequirementLine, ...]:
    """Every line of an environment file in its order, also those that make no sense.

    ``hosts`` are those of which the policy takes a wheel by its address.
    """
    return tuple(conda_entries(text, hosts) if is_conda(file) else pip_entries(text, hosts))
