"""Reads the dependencies in pyproject.toml, written as in PEP 621 or as Poetry writes them."""

import re
import tomllib
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

import msgspec

from core.gate.checks import Finding

PATH: Final = "pyproject.toml"
PYTHON: Final = "python"
MOST_BYTES: Final = 64 * 1024
MOST: Final = 1_000  # More libraries in one file are not read.
UNREADABLE: Final = (ValueError, RecursionError)  # hostile files raise both
CARET_OR_TILDE: Final = re.compile(r"(?P<sign>[\^~])\s*(?P<version>[0-9]+(?:\.[0-9]+){0,5})")
PLAIN_VERSION: Final = re.compile(r"[0-9][0-9A-Za-z.*]*")
NOT_COMPARED: Final = "is asked for in a way that is not compared with the runtime"
SHORTEN: Final = "keep only the settings of the project in it"
WRITE_ONE: Final = "write one range of versions, such as >=2.2,<3"


class ProjectLine(msgspec.Struct, frozen=True):
    text: str
    number: int


class Project(msgspec.Struct, frozen=True):
    """A project's requirements; those in ``python`` limit the interpreter, under that name."""

    libraries: tuple[ProjectLine, ...] = ()
    python: tuple[ProjectLine, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_project(path: str, text: str) -> Project:
    if len(text) > MOST_BYTES:
        wrong = f"is longer than {MOST_BYTES:,} characters, and is not compared with the runtime"
        return Project(findings=(Finding(path, SHORTEN, wrong, is_advice=True),))
    try:
        data = tomllib.loads(text)
    except UNREADABLE as error:
        why = str(error).partition("\n")[0]
        wrong = f"is not valid TOML ({why})"
        return Project(findings=(Finding(path, "mend it", wrong, is_advice=True),))
    project = _standard(data, text)
    return project if project.libraries or project.python else _poetry(path, data, text)


def _standard(data: Mapping[str, Any], text: str) -> Project:
    project = _mapping(data, "project")
    listed = project.get("dependencies")
    wanted = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    python = project.get("requires-python")
    number = _keys(text).get("requires-python", 0)
    return Project(
        tuple(ProjectLine(each, _line(text, each)) for each in wanted[:MOST]),
        (ProjectLine(f"{PYTHON}{python}", number),) if _is_text(python) else (),
    )


def _poetry(path: str, data: Mapping[str, Any], text: str) -> Project:
    listed = _mapping(_mapping(_mapping(data, "tool"), "poetry"), "dependencies")
    libraries, python, findings = list[ProjectLine](), list[ProjectLine](), list[Finding]()
    numbers = _keys(text)
    for name, asked in islice(listed.items(), MOST):
        number = numbers.get(name, 0)
        wanted = _poetry_text(name, asked)
        if wanted is None:
            wrong = f"{name} {NOT_COMPARED}"
            findings.append(Finding(path, WRITE_ONE, wrong, number, is_advice=True))
        elif name == PYTHON:
            python.append(ProjectLine(wanted, number))
        elif wanted:
            libraries.append(ProjectLine(wanted, number))
    return Project(tuple(libraries), tuple(python), tuple(findings))


def _poetry_text(name: str, asked: object) -> str | None:
    """Convert an entry to pip's form: "" where it is optional, None where it has no version."""
    if isinstance(asked, str):
        return f"{name}{_specifier(asked)}"
    if not isinstance(asked, dict) or not _is_text(asked.get("version")):
        return None
    if asked.get("optional") is True:
        return ""
    extras = asked.get("extras")
    named = ",".join(map(str, extras)) if isinstance(extras, list) else ""
    markers = asked.get("markers")
    marker = f" ; {markers}" if _is_text(markers) else ""
    return f"{name}{f'[{named}]' if named else ''}{_specifier(asked['version'])}{marker}"


def _specifier(text: str) -> str:
    return ",".join(filter(None, map(_range, text.split(","))))


def _range(part: str) -> str:
    """Convert one part: ``^1.2`` keeps the first number that is not 0, ``~1.2`` the minor one."""
    part = part.strip()
    if part == "*":
        return ""
    if PLAIN_VERSION.fullmatch(part):
        return f"=={part}"
    found = CARET_OR_TILDE.fullmatch(part)
    if found is None:
        return part
    numbers = [int(number) for number in found["version"].split(".")]
    kept = _caret(numbers) if found["sign"] == "^" else min(1, len(numbers) - 1)
    ceiling = [*numbers[:kept], numbers[kept] + 1]
    return f">={found['version']},<{'.'.join(map(str, ceiling))}"


def _caret(numbers: list[int]) -> int:
    return next((at for at, number in enumerate(numbers) if number), len(numbers) - 1)


def _mapping(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _line(text: str, wanted: str) -> int:
    """Return the first line below ``dependencies`` with this text, as TOML's reader tells none."""
    at = text.find(wanted, max(0, text.find("dependencies")))
    return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _keys(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        found.setdefault(line.partition("=")[0].strip(" \t\"'"), number)
    return found
