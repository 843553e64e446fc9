"""Finds where files name other files, since a rename would break those places."""

import posixpath
import re
from collections.abc import Collection, Iterator
from typing import Final

import msgspec

from core.gate.checks import ModelRepo

TOKEN: Final = re.compile(rb"[\w.\-/\\\x80-\xff]+")
MAX_BYTES: Final = 512 * 1024  # A larger file is taken for data and not searched.
DATA: Final = (".csv", ".json", ".parquet", ".tsv", ".txt.gz", ".lock")


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A text in ``path`` that ends with the name of ``to``, from byte ``start`` to ``end``.

    ``is_sure`` says that, read as a path from its own folder or from the root, it leads to ``to``.
    """

    to: str
    path: str
    line: int
    start: int
    end: int
    is_sure: bool


def references(repo: ModelRepo, paths: Collection[str]) -> Iterator[Reference]:
    """Yield every place that names one of ``paths``, in the order of the files."""
    by_name: dict[bytes, list[str]] = {}
    for path in paths:
        name = posixpath.basename(path).encode("utf-8", "surrogateescape")
        by_name.setdefault(name, []).append(path)
    for path, data in sorted(repo.files.items()):
        if _is_text(path, data) and by_name:
            yield from _in_file(path, data, by_name)


def _is_text(path: str, data: bytes) -> bool:
    is_small = len(data) <= MAX_BYTES and b"\0" not in data
    return is_small and not path.casefold().endswith(DATA)


def _in_file(path: str, data: bytes, by_name: dict[bytes, list[str]]) -> Iterator[Reference]:
    line, seen = 1, 0
    for token in TOKEN.finditer(data):
        text = token[0].rstrip(b".")
        name = re.split(rb"[/\\]", text)[-1]
        if name not in by_name:
            continue
        line, seen = line + data.count(b"\n", seen, token.start()), token.start()
        end = token.start() + len(text)
        targets = by_name[name]
        sure = _resolved(path, text.decode("utf-8", "surrogateescape"), targets)
        for to in [sure] if sure else targets:
            yield Reference(
                to=to, path=path, line=line, start=end - len(name), end=end, is_sure=bool(sure)
            )


def _resolved(path: str, text: str, targets: list[str]) -> str:
    place = text.replace("\\", "/")
    folder = posixpath.dirname(path)
    from_here = posixpath.normpath(posixpath.join(folder, place.lstrip("/")))
    from_root = posixpath.normpath(place.lstrip("/"))
    return next((each for each in (from_here, from_root) if each in targets), "")
