"""What an environment file asks for, as sorted requirement lines: requirements.txt or conda.yml."""

import re
from collections.abc import Iterator
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from core.errors import StepFailedError
from core.variables.yaml_nodes import UnreadableYamlError, child, compose, line

CONDA_SUFFIXES: Final = (".yml", ".yaml")
HASH_OPTION: Final = "--hash"
COMMENT: Final = re.compile(r"(^|\s)#.*$")
CONDA_SPEC: Final = re.compile(r"(?:[^\s:\[\]]+::)?(?P<name>[A-Za-z0-9_.-]+)\s*(?P<rest>.*)")
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
    {"cudatoolkit", "gcc", "gxx", "libgcc", "mkl", "nodejs", "openjdk", "openssl", "r-base"}
)


class EnvironmentFileError(StepFailedError):
    """The environment file cannot be used. Nothing was run; mend it and push again."""

    def __init__(self, file: str, wrong: str, mend: str, line: int = 0) -> None:
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place} {wrong}. Nothing was run; {mend}.")


def requirements(file: str, text: str) -> tuple[str, ...]:
    """Raise EnvironmentFileError for what uv could not install from wheels."""
    lines = _conda(file, text) if file.casefold().endswith(CONDA_SUFFIXES) else _pip(file, text)
    return tuple(sorted(set(lines)))


def _pip(file: str, text: str) -> Iterator[str]:
    number = 1
    for block in re.split(r"(?<!\\)\r?\n", text):
        joined = " ".join(part.strip() for part in re.split(r"\\\r?\n", block))
        if wanted := COMMENT.sub("", joined).strip():
            yield _checked(file, wanted, number)
        number += block.count("\n") + 1


def _checked(file: str, wanted: str, number: int) -> str:
    if wanted.startswith("-"):
        option = re.split(r"[\s=]", wanted)[0]
        mend = "list every package itself; where packages come from is set for the whole platform"
        raise EnvironmentFileError(file, f"has the option {option}", mend, number)
    if wanted.startswith((".", "/")) or "://" in wanted:
        mend = "name a package and its version; code of your own belongs in the source folder"
        raise EnvironmentFileError(file, "installs from a folder or an address", mend, number)
    return re.sub(r"\s+", " ", wanted)


def _conda(file: str, text: str) -> Iterator[str]:
    for entry in _entries(file, text):
        if isinstance(entry, ScalarNode):
            yield from _translated(file, entry.value.strip(), line(entry))
            continue
        for inner in _pip_list(file, entry):
            if wanted := COMMENT.sub("", inner.value).strip():
                yield _checked(file, wanted, line(inner))


def _pip_list(file: str, entry: Node) -> list[ScalarNode]:
    pip = child(entry, "pip") if isinstance(entry, MappingNode) else None
    listed = pip.value if isinstance(pip, SequenceNode) else [entry]
    names = [inner for inner in listed if isinstance(inner, ScalarNode)]
    if names != listed:
        mend = "write a name with a version, or a list under 'pip:'"
        raise EnvironmentFileError(file, "has an entry of another kind", mend, line(entry))
    return names


def _entries(file: str, text: str) -> list[Node]:
    try:
        root = compose(text.encode(errors="replace"))
    except UnreadableYamlError as error:
        raise EnvironmentFileError(file, error.wrong, error.mend, error.line) from error
    found = child(root, "dependencies") if root is not None else None
    if not isinstance(found, SequenceNode):
        mend = "list the packages under 'dependencies:'"
        raise EnvironmentFileError(file, "has no list of dependencies", mend)
    return list(found.value)


def _translated(file: str, wanted: str, number: int) -> Iterator[str]:
    found = CONDA_SPEC.fullmatch(wanted)
    if found is None:
        mend = "write it as name=version"
        raise EnvironmentFileError(file, f"has {wanted!r}", mend, number)
    name, rest = found["name"].casefold(), found["rest"].strip()
    if name in THE_INTERPRETER:
        return
    if name in NOT_PYTHON or name.startswith(("r-", "_")):
        mend = "take it out: only Python packages can be installed on this machine"
        raise EnvironmentFileError(file, f"asks for {name}, which pip cannot provide", mend, number)
    yield PIP_NAMES.get(name, name) + _version(file, rest, number)


def _version(file: str, rest: str, number: int) -> str:
    """``=1.2`` means any 1.2 in conda; ``=1.2=build`` and ``==1.2`` mean that one."""
    if not rest:
        return ""
    if rest[0] in "<>!~" or "," in rest or "|" in rest:
        if "|" in rest:
            mend = "choose one of the versions"
            raise EnvironmentFileError(
                file, f"has {rest!r}, which pip cannot express", mend, number
            )
        return ",".join(part.strip() for part in rest.split(","))
    is_exact = rest.startswith("==") or rest.lstrip("= ").count("=") == 1
    version = VERSION_ALONE.fullmatch(rest.lstrip("= ").partition("=")[0].strip())
    if version is None:
        mend = "write it as name=1.2.3 or name>=1.2"
        raise EnvironmentFileError(file, f"has the version {rest!r}", mend, number)
    return f"=={version['version']}" + ("" if is_exact and not version["any"] else ".*")
