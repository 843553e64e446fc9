"""Reads a cluster's list of libraries: ``pip list --format=json`` or a constraints file."""

import re
from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import Version

from core.errors import DECODE_ERRORS, SlussError
from core.gate.requirements import LineKind, entries
from core.gate.runtimes import Runtime, runtime_key

MOST: Final = 5_000
EVERY_CLUSTER: Final = ("numpy", "pandas")
PINS: Final = ("==", "===")
PYTHON: Final = re.compile(r"3\.[0-9]{1,2}")

NOT_JSON: Final = "{why}; it should be the output of 'pip list --format=json'"
TOO_MANY: Final = "It lists {count:,} packages, more than {most:,}."
NO_CLUSTER: Final = "It does not list {name}, which every runtime brings; is it from a cluster?"


class UnreadableListError(SlussError):
    """The list cannot be used. Nothing was imported."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why.rstrip('.')}. Nothing was imported; mend the file and try again.")


class _Package(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(max_length=200)]
    version: Annotated[str, msgspec.Meta(max_length=100)]


class Listed(msgspec.Struct, frozen=True):
    """The libraries by name; ``left_out`` are entries without a comparable version."""

    libraries: dict[str, str]
    left_out: tuple[str, ...] = ()


def read_list(text: str) -> Listed:
    """Read a list. Raise UnreadableListError when it is not one of a cluster."""
    is_json = text.lstrip("\ufeff \t\r\n").startswith("[")
    found = list(_of_json(text.lstrip("\ufeff")) if is_json else _of_constraints(text))
    if len(found) > MOST:
        raise UnreadableListError(TOO_MANY.format(count=len(found), most=MOST))
    libraries = {name: version for name, version in found if version}
    for name in EVERY_CLUSTER:
        if name not in libraries:
            raise UnreadableListError(NO_CLUSTER.format(name=name))
    return Listed(dict(sorted(libraries.items())), tuple(name for name, has in found if not has))


def problem(name: str, runtime: Runtime) -> str:
    """Return what is wrong with a runtime that a person has entered, or ""."""
    key = runtime_key(name)
    if key is None or key.names[0] != name:
        return "its name is no name of a runtime, such as 16.4.x-cpu-ml"
    if not PYTHON.fullmatch(runtime.python):
        return "its Python is no version such as 3.12"
    if runtime.spark and not _entry("spark", runtime.spark)[1]:
        return "its Spark is no version such as 3.5.2"
    for library, version in runtime.libraries.items():
        if _entry(library, version) != (library, version):
            return f"{library!r} {version!r} is no normalised name with a version"
    return ""


def _of_json(text: str) -> Iterator[tuple[str, str]]:
    try:
        packages = msgspec.json.decode(text, type=list[_Package])
    except DECODE_ERRORS as error:
        raise UnreadableListError(NOT_JSON.format(why=error)) from None
    return (_entry(package.name, package.version) for package in packages)


def _of_constraints(text: str) -> Iterator[tuple[str, str]]:
    for entry in entries("constraints.txt", text):
        yield _pin(entry.text) if entry.kind is LineKind.PACKAGE else (entry.text[:60], "")


def _pin(text: str) -> tuple[str, str]:
    try:
        requirement = Requirement(text.partition(" --")[0])
    except (InvalidRequirement, RecursionError):
        return text[:60], ""
    pins = [part.version for part in requirement.specifier if part.operator in PINS]
    return _entry(requirement.name, pins[0] if len(pins) == 1 else "")


def _entry(name: str, version: str) -> tuple[str, str]:
    """Return the normalised name and version; the local part (``+cpu``) says how it was built."""
    try:
        return canonicalize_name(name, validate=True), Version(version).public
    # It has no version, or a version with a number of endless length.
    except (InvalidName, ValueError):
        return name, ""
