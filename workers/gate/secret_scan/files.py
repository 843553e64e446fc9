"""The files of a folder as text, without what is binary or too large to be written by hand."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LARGEST: Final = 8_000_000  # bytes; a secret is not hidden for long in what nobody can review

_PEEK: Final = 8_000
_WIDE: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # as PowerShell writes it


def walk(root: Path) -> Iterator[str]:
    """Every file's path with forward slashes, in order; links are none."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(names):
            path = Path(folder, name)
            if not path.is_symlink() and path.is_file():
                yield path.relative_to(root).as_posix()


def text_of(data: bytes) -> str | None:
    """None for what is no text."""
    wide = _WIDE.get(data[:2])
    if wide:
        return data.decode(wide, errors="replace")
    if b"\0" in data[:_PEEK]:
        return None
    return data.decode("utf-8", errors="replace")
