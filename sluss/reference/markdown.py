"""Writes tables and lines of Markdown, and the keys of a settings file from its struct."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
import yaml
from msgspec import inspect

WRITTEN: Final = "<!-- Written by `make docs` from the product's own tables: change those. -->"
LONGEST_DEFAULT: Final = 90  # letters; a longer one has a line of its own below the table


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a settings file; ``<name>`` in its path stands for a name that one chooses.

    ``default`` is YAML, "" where the key has to be given.
    """

    path: str
    kind: str
    default: str


def lines(*found: str) -> str:
    return "\n".join(found) + "\n"


def row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def keys_of(struct: type, place: str = "") -> Iterator[Key]:
    """Yield every key of a struct, those of structs inside it too, in the order of the code."""
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return _keys(info, place)


def table_of(keys: Mapping[str, Key], about: Mapping[str, str]) -> str:
    """Return the table of some keys, and the long defaults below it."""
    rows = [
        row(f"`{key.path}`", key.kind, _shown_default(key), about[path])
        for path, key in keys.items()
    ]
    long = [f"Default of `{key.path}`: `{key.default}`" for key in keys.values() if _is_long(key)]
    below = [line for each in long for line in ("", each)]
    return lines("| key | value | default | meaning |", "|---|---|---|---|", *rows, *below)


def _shown_default(key: Key) -> str:
    if _is_long(key):
        return "below"
    if key.default == "null":
        return "not set"
    return f"`{key.default}`" if key.default else "**has to be given**"


def _is_long(key: Key) -> bool:
    return len(key.default) > LONGEST_DEFAULT


def _keys(info: inspect.StructType, place: str) -> Iterator[Key]:
    for field in info.fields:
        path = f"{place}{field.encode_name}"
        inner, inside = _struct_in(field.type)
        if inner is not None:
            yield from _keys(inner, f"{path}{inside}.")
            continue
        yield Key(path=path, kind=_words(field.type), default=_default(field))


def _struct_in(kind: inspect.Type) -> tuple[inspect.StructType | None, str]:
    """Return the struct that a field holds, and how the path goes on to it."""
    match kind:
        case inspect.StructType():
            return kind, ""
        case inspect.DictType(value_type=inspect.StructType() as inner):
            return inner, ".<name>"
        case inspect.VarTupleType(item_type=inspect.StructType() as inner):
            return inner, "[]"
    return None, ""


def _default(field: inspect.Field) -> str:
    if field.required:
        return ""
    made = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    # a set has no order of its own, and the page must not change from run to run
    plain = sorted(made) if isinstance(made, frozenset) else msgspec.to_builtins(made)
    width = 100_000  # in one line, whatever its length
    text = yaml.safe_dump(plain, default_flow_style=True, width=width, sort_keys=False)
    return text.removesuffix("...\n").strip()


def _words(kind: inspect.Type) -> str:
    match kind:
        case inspect.StrType():
            return "text"
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType() | inspect.FloatType():
            return _number(kind)
        case inspect.LiteralType():
            return " or ".join(f"`{value}`" for value in kind.values)
        case inspect.DictType():
            return f"name: {_words(kind.value_type)}"
        case inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            return f"list of {_words(kind.item_type)}"
        case inspect.UnionType():
            return ", ".join(_words(each) for each in kind.types if each != inspect.NoneType())
    raise TypeError(f"say in words what a {type(kind).__name__} is")


def _number(kind: inspect.IntType | inspect.FloatType) -> str:
    name = "whole number" if isinstance(kind, inspect.IntType) else "number"
    if kind.gt is not None:
        return f"{name} above {kind.gt:g}"
    if kind.ge is None:
        return name
    return f"{name} from {kind.ge:g}" + (f" to {kind.le:g}" if kind.le is not None else "")
