"""What a repository's own pylint settings say, read as text: nothing in them is ever run."""

import configparser
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from core.gate.checks import ModelRepo

Options = Mapping[str, str]

MAX_BYTES: Final = 64 * 1024
MAX_LINE: Final = 1_000  # the parsers take time with the square of it
MAX_NAMES: Final = 300
MAX_LINE_LENGTH: Final = 1_000
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
TAKEN: Final = ("enable", "disable", "max-line-length")


class RepoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``line_length`` is 0 where nothing is said; ``ignored`` are the options not taken over."""

    path: str = ""
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    line_length: int = 0
    ignored: tuple[str, ...] = ()
    is_unreadable: bool = False


def repo_settings(repo: ModelRepo) -> RepoSettings:
    """Of the first file that has any, in pylint's own order."""
    for path, read in READERS.items():
        if path not in repo.files:
            continue
        try:
            options = read(_bounded(repo.files[path]))
        except (configparser.Error, ValueError, RecursionError):
            return RepoSettings(path=path, is_unreadable=True)
        if options is not None:
            return _settings(path, options)
    return RepoSettings()


def _bounded(data: bytes) -> str:
    text = data.decode()
    if len(data) > MAX_BYTES or any(len(line) > MAX_LINE for line in text.splitlines()):
        raise ValueError("longer than anybody writes it")
    return text


def _settings(path: str, options: Options) -> RepoSettings:
    length = options.get("max-line-length", "").strip()
    is_length = length.isascii() and length.isdecimal() and len(length) < len(str(MAX_LINE_LENGTH))
    return RepoSettings(
        path=path,
        enable=_names(options.get("enable", "")),
        disable=_names(options.get("disable", "")),
        line_length=int(length) if is_length else 0,
        ignored=tuple(sorted(name for name in options if name not in TAKEN)),
    )


def _names(text: str) -> tuple[str, ...]:
    """They go into our own settings, so nothing but names may pass."""
    words = re.split(r"[,\s]+", text)
    return tuple(word for word in words if NAME.fullmatch(word))[:MAX_NAMES]


def _ini(text: str) -> Options | None:
    return dict(_options(text, lambda _: True))


def _setup_cfg(text: str) -> Options | None:
    found = dict(_options(text, lambda section: section.casefold().startswith("pylint")))
    return found or None


def _options(text: str, is_meant: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    marks = ("#", ";")
    parser = configparser.ConfigParser(
        interpolation=None, strict=False, inline_comment_prefixes=marks, allow_no_value=True
    )
    parser.read_string(text)
    for section in filter(is_meant, parser.sections()):
        for name, value in parser.items(section):
            yield _option(name), value or ""


def _toml(text: str) -> Options | None:
    tool = tomllib.loads(text).get("tool")
    tables = tool.get("pylint") if isinstance(tool, dict) else None
    if not isinstance(tables, dict):
        return None
    return dict(_toml_options(tables))


def _toml_options(tables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from ((_option(key), _toml_text(each)) for key, each in value.items())
        else:
            yield _option(name), _toml_text(value)


def _toml_text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _option(name: str) -> str:
    return name.casefold().replace("_", "-")


READERS: Final[Mapping[str, Callable[[str], Options | None]]] = {
    "pylintrc": _ini,
    "pylintrc.toml": _toml,
    ".pylintrc": _ini,
    ".pylintrc.toml": _toml,
    "pyproject.toml": _toml,
    "setup.cfg": _setup_cfg,
}
