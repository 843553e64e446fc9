"""pyproject.toml: what its project asks for, as PEP 621 or Poetry write it."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from core.checks import Finding

PATH: Final = "pyproject.toml"
PYTHON: Final = "python"
UNREADABLE: Final = (ValueError, RecursionError)  # hostile files raise both
CARET_OR_TILDE: Final = re.compile(r"(?P<sign>[\^~])\s*(?P<version>[0-9]+(?:\.[0-9]+){0,5})")
PLAIN_VERSION: Final = re.compile(r"[0-9][0-9A-Za-z.*]*")
NOT_COMPARED: Final = "is asked for in a way that is not compared with the runtime"
WRITE_ONE: Final = "write one range of versions, such as >=2.2,<3"


class Line(msgspec.Struct, frozen=True):
    text: str
    number: int


class Project(msgspec.Struct, frozen=True):
    """``python`` is what it asks of the interpreter, as a requirement called ``python``."""

    libraries: tuple[Line, ...] = ()
    python: tuple[Line, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_project(path: str, text: str) -> Project:
    try:
        data = tomllib.loads(text)
    except UNREADABLE as error:
        why = str(error).partition("\n")[0]
        wrong = f"is not valid TOML ({why})"
        return Project(findings=(Finding(path, "mend it", wrong, is_advice=True),))
    lines = text.splitlines()
    project = _standard(data, lines)
    return project if project.libraries or project.python else _poetry(path, data, lines)


def _standard(data: Mapping[str, Any], lines: list[str]) -> Project:
    project = _mapping(data, "project")
    listed = project.get("dependencies")
    wanted = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    python = project.get("requires-python")
    return Project(
        tuple(Line(each, _line(lines, each)) for each in wanted),
        (Line(f"{PYTHON}{python}", _line(lines, "requires-python")),) if _is_text(python) else (),
    )


def _poetry(path: str, data: Mapping[str, Any], lines: list[str]) -> Project:
    listed = _mapping(_mapping(_mapping(data, "tool"), "poetry"), "dependencies")
    libraries, python, findings = list[Line](), list[Line](), list[Finding]()
    for name, asked in listed.items():
        number = _line(lines, name, is_key=True)
        text = _poetry_text(name, asked)
        if text is None:
            wrong = f"{name} {NOT_COMPARED}"
            findings.append(Finding(path, WRITE_ONE, wrong, number, is_advice=True))
        elif name == PYTHON:
            python.append(Line(text, number))
        elif text:
            libraries.append(Line(text, number))
    return Project(tuple(libraries), tuple(python), tuple(findings))


def _poetry_text(name: str, asked: object) -> str | None:
    """Empty for what is optional; None for folders, addresses and lists of ranges."""
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
    """``^1.2`` keeps the first number that is not 0, ``~1.2`` the minor version."""
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


def _line(lines: list[str], text: str, *, is_key: bool = False) -> int:
    """TOML's reader tells no lines: the first that speaks of it."""
    for number, line in enumerate(lines, 1):
        before, _, _ = line.partition("=")
        if before.strip(" \t\"'") == text if is_key else text in line:
            return number
    return 0
