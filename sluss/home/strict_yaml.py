"""Reads a settings file strictly, so that a typing error is found at the start, with its key."""

import difflib
import re
import stat
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from core.errors import SettingsError
from core.wrong_form import wrong_form

NOTHING = "Nothing was started; mend the file and start again."
UNREADABLE = "{file} cannot be read ({why}). " + NOTHING
SPECIAL = "it is a pipe, a socket or a device, and no file"
NOT_YAML = "{file} is not valid YAML{line}: {why}. " + NOTHING
UNKNOWN_KEY = "{file}: there is no key {key!r}.{hint} " + NOTHING
WRONG = "{file}: {why}. " + NOTHING

T = TypeVar("T")


def read(path: Path) -> str:
    """Read a file of settings; of a pipe or a device the end might never come."""
    if _is_special(path):
        raise SettingsError(UNREADABLE.format(file=path.name, why=SPECIAL))
    return read_given(path)


def read_given(path: Path) -> str:
    """Read what a person has named, who may write into a pipe."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SettingsError(UNREADABLE.format(file=path.name, why=why)) from None


def _is_special(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False  # reading it says why
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def parse(text: str, file: str) -> object:
    """Parse plain YAML; refuse a key that is given twice, as YAML would drop the first value."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SettingsError(NOT_YAML.format(file=file, line=line, why=error.problem)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = type(error).__name__
        raise SettingsError(NOT_YAML.format(file=file, line="", why=why)) from None


def decode(text: str, kind: type[T], file: str) -> T:
    """Decode a file into a type; an empty file has no keys, and a key without a value is absent."""
    data = parse(text, file)
    data = {} if data is None else data
    if isinstance(data, dict):
        data = {key: value for key, value in data.items() if value is not None}
    for key, near in _unknown(data, msgspec.inspect.type_info(kind), ""):
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise SettingsError(UNKNOWN_KEY.format(file=file, key=key, hint=hint))
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        message = WRONG.format(file=file, why=wrong_form(error))
        raise SettingsError(re.sub(r"\s+", " ", message)) from None


def _unknown(data: Any, kind: Any, place: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each key that the type does not have, with the similar keys that it has."""
    if isinstance(kind, msgspec.inspect.StructType) and isinstance(data, dict):
        fields = {field.encode_name: field.type for field in kind.fields}
        for key, value in data.items():
            if key not in fields:
                yield f"{place}{key}", difflib.get_close_matches(str(key), fields, n=1)
            yield from _unknown(value, fields.get(key), f"{place}{key}.")
    if isinstance(kind, msgspec.inspect.VarTupleType) and isinstance(data, list):
        for index, item in enumerate(data):
            yield from _unknown(item, kind.item_type, f"{place.rstrip('.')}[{index}].")


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, which also refuses keys that are given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the library's signature
        seen = set[object]()
        for key, _ in node.value:
            if key.value in seen and isinstance(key, yaml.ScalarNode):
                problem = f"the key {key.value!r} is given twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)
