"""Adds a repository to platform.yml and keeps people's comments and order."""

import os
from pathlib import Path
from typing import Final

import msgspec
import yaml

from core.errors import SettingsError
from core.platform import Repository
from sluss.home.settings import PLATFORM_FILE, parse_platform
from sluss.home.strict_yaml import read

BY_HAND: Final = (
    "platform.yml is written in a way that cannot be added to without changing it. It was left as "
    "it is; add this under 'repositories' by hand:\n{entry}"
)

_KEY = "repositories"


def append(home: Path, repository: Repository) -> None:
    """Append the entry. Raise SettingsError and leave the file as it was if it would be wrong."""
    path = home / PLATFORM_FILE
    before = read(path)
    known = parse_platform(before)
    wanted = msgspec.structs.replace(known, repositories=(*known.repositories, repository))
    text = _added(before, repository)
    try:
        is_right = parse_platform(text) == wanted
    except SettingsError:
        # The usual reason is a name that is given twice.
        parse_platform(msgspec.json.encode(wanted).decode())
        is_right = False
    if not is_right:
        raise SettingsError(BY_HAND.format(entry=_entry(repository, "  ")))
    _write(path, text)


def _added(text: str, repository: Repository) -> str:
    found = _value_of(yaml.compose(text, Loader=yaml.SafeLoader))
    if found is None:
        return f"{text.rstrip()}\n\n{_KEY}:\n{_entry(repository, '  ')}".lstrip()
    start, end = found.start_mark.index, found.end_mark.index
    if not isinstance(found, yaml.SequenceNode) or not found.value:
        rest = text[end:].lstrip(" ").removeprefix("\n")
        return f"{text[:start].rstrip()}\n{_entry(repository, '  ')}{rest}"
    indent = " " * found.start_mark.column
    line_end = text.find("\n", _last(found).end_mark.index)
    if line_end < 0:
        return f"{text}\n{_entry(repository, indent)}"
    return text[: line_end + 1] + _entry(repository, indent) + text[line_end + 1 :]


def _value_of(root: yaml.Node | None) -> yaml.Node | None:
    if not isinstance(root, yaml.MappingNode):
        return None
    return next((value for key, value in root.value if key.value == _KEY), None)


def _last(node: yaml.Node) -> yaml.Node:
    """Return the last scalar, as a block's end lies behind the comments that follow it."""
    if isinstance(node, yaml.SequenceNode) and node.value:
        return _last(node.value[-1])
    if isinstance(node, yaml.MappingNode) and node.value:
        return _last(node.value[-1][1])
    return node


def _entry(repository: Repository, indent: str) -> str:
    """Write the texts of an entry: which variable groups it has is for people to say."""
    fields = msgspec.to_builtins(repository)
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    lines = [f"{name}: {_scalar(value)}" for name, value in texts.items()]
    return f"{indent}- {lines[0]}\n" + "".join(f"{indent}  {line}\n" for line in lines[1:])


def _scalar(value: str) -> str:
    """Write the text as YAML, in quotes only where YAML would read something else."""
    return yaml.safe_dump(value, width=10_000, allow_unicode=True).partition("\n")[0]


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        draft.chmod(path.stat().st_mode & 0o777)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
