"""What a value may look like: one rule per type, and the words that are no value at all."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from core.gate.variables.table import ValueType, Variable

MAX_TEXT: Final = 200
PLACEHOLDER: Final = re.compile(
    r"""(?ix)^(
        (todo|tbd|tbc|tba|fixme|change[ _-]?me|fill[ _-]?(me|in|this)|replace[ _-]?(me|this))\b.*
        | to[ _-]be[ _-](added|confirmed|decided|defined|filled)\b.*
        | x{2,}([ ._-]x+)* | \?+ | \.{2,} | -+ | _+ | foo([ _-]?bar)? | bar
        | n\.?/?a\.? | none | null | nil | undefined | unknown | placeholder | dummy | example
        | (your|enter|insert)[ _-].*
        | <.*> | \{\{?.*\}\}? | \[.*\] | __.*__ | %\w+% | \$\{?\w+\}? | @@.*@@ | \#\{.*\}\#
    )$"""
)
EXPRESSION: Final = re.compile(r"\$\(|\$\{\{|\$\[")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MODEL_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,99}")
INTEGER: Final = re.compile(r"[0-9]{1,6}")
URL: Final = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^\s]*)?")
NODE_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)+")
RUNTIME: Final = re.compile(r"[0-9]+\.([0-9]+|x)(\.x)?(-[a-z0-9]+)*-scala2\.[0-9]{2}")
SECRET_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,126}")
IMAGE: Final = re.compile(
    r"""(?x)
    ([a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?/)?          # registry
    [a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*
    (:(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?
    (@sha256:(?P<digest>[a-f0-9]{64}))?"""
)

Test = Callable[[Variable, str], str]  # what is wrong with the value, or ""


def problem(variable: Variable, value: str) -> str:
    """What is wrong with a value that somebody wrote, or ""; the value itself is not repeated."""
    if not value.strip():
        return "is blank"
    if len(value) > MAX_TEXT:
        return f"is longer than {MAX_TEXT} characters"
    if EXPRESSION.search(value):
        return "is an expression of Azure Pipelines, which is not evaluated here"
    if PLACEHOLDER.match(value.strip()):
        return "is a placeholder"
    return TESTS[variable.type](variable, value)


def canonical(variable: Variable, value: str) -> str:
    """The spelling that the rest of Sluss compares with: choices have no case."""
    matching = (choice for choice in variable.choices if choice.casefold() == value.casefold())
    return next(matching, value)


def _matches(pattern: re.Pattern[str], what: str) -> Test:
    return lambda _, value: "" if pattern.fullmatch(value) else f"is no {what}"


def _text(_: Variable, value: str) -> str:
    return "" if value.isprintable() else "has line breaks or control characters"


def _name(variable: Variable, value: str) -> str:
    pattern = MODEL_NAME if variable.name == "MODEL_NAME" else NAME
    return "" if pattern.fullmatch(value) else "is no valid name"


def _choice(variable: Variable, value: str) -> str:
    if canonical(variable, value) in variable.choices:
        return ""
    return f"is none of {', '.join(variable.choices)}"


def _path(_: Variable, value: str) -> str:
    parts = value.replace("\\", "/").split("/")
    if not value.isprintable() or ":" in value or "\\" in value:
        return "is no path with forward slashes"
    return "leaves the repository" if value.startswith(("/", "~")) or ".." in parts else ""


def _node_type(_: Variable, value: str) -> str:
    if INTEGER.fullmatch(value):
        return "is a number, not a node type"
    return "" if NODE_TYPE.fullmatch(value) else "is no node type"


def _image(_: Variable, value: str) -> str:
    found = IMAGE.fullmatch(value)
    if found is None:
        return "is no image reference"
    if found["digest"] or found["tag"] not in {None, "latest"}:
        return ""
    return "names no fixed version: latest moves"


TESTS: Final[Mapping[ValueType, Test]] = {
    ValueType.NAME: _name,
    ValueType.TEXT: _text,
    ValueType.INTEGER: _matches(INTEGER, "whole number"),
    ValueType.CHOICE: _choice,
    ValueType.PATH: _path,
    ValueType.URL: _matches(URL, "https address"),
    ValueType.IMAGE: _image,
    ValueType.NODE_TYPE: _node_type,
    ValueType.RUNTIME: _matches(RUNTIME, "runtime version"),
    ValueType.SECRET_NAME: _matches(SECRET_NAME, "name of a secret"),
}
