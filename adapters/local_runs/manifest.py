"""A manifest tells whether an environment is still as it was built: hashes, and how files stood.

Hashing all files of an environment takes a second and more. Its files are hashed again only where
their state differs from the manifest's. A state has the time of the last change of the file's entry
(``st_ctime``), which only the kernel sets: whoever writes to a file, or sets its other times,
changes it.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from core.errors import DECODE_ERRORS

SUFFIX: Final = ".manifest"


class ManifestEntry(msgspec.Struct, frozen=True, array_like=True):
    """One file, folder or link: ``content`` is a file's SHA-256, a link's text, or ""."""

    mode: int
    content: str
    state: tuple[int, ...]


class Manifest(msgspec.Struct, frozen=True):
    entries: dict[str, ManifestEntry]


def manifest_of(folder: Path) -> Path:
    """Return where the manifest of an environment lies: beside it, where it does not reach."""
    return folder.with_name(f"{folder.name}{SUFFIX}")


def write(folder: Path, to: Path) -> None:
    """Write the manifest of the folder as it stands; the file is whole or absent."""
    entries = {name: _entry(path, about) for name, path, about in _walk(folder)}
    draft = to.with_name(f".{to.name}.{os.getpid()}")
    draft.write_bytes(msgspec.json.encode(Manifest(entries)))
    draft.replace(to)


def changed(folder: Path) -> str:
    """Return the name of a file that is not as it was built, "" when all are.

    Where the files' states differ, as in a folder that was copied, all contents decide, and the new
    states are kept.
    """
    place = manifest_of(folder)
    try:
        known = msgspec.json.decode(place.read_bytes(), type=Manifest).entries
    except (FileNotFoundError, *DECODE_ERRORS):
        return SUFFIX.lstrip(".")
    seen = {name: (path, about) for name, path, about in _walk(folder)}
    if strange := seen.keys() ^ known.keys():
        return min(strange)
    touched = [name for name, (_, about) in seen.items() if _state(about) != known[name].state]
    for name in sorted(touched):
        entry = _entry(*seen[name])
        if (entry.mode, entry.content) != (known[name].mode, known[name].content):
            return name
    if touched:
        write(folder, place)
    return ""


def _walk(folder: Path) -> Iterator[tuple[str, str, os.stat_result]]:
    """Give the path below, the whole path, and the state of all that is in the folder."""
    root, left = str(folder), [str(folder)]
    while left:
        with os.scandir(left.pop()) as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(about.st_mode):
                    left.append(entry.path)
                yield _shown(entry.path[len(root) + 1 :]), entry.path, about


def _shown(path: str) -> str:
    """Return the path as text that JSON can hold: a file may have any bytes as its name."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _entry(path: str, about: os.stat_result) -> ManifestEntry:
    return ManifestEntry(about.st_mode, _content(path, about.st_mode), _state(about))


def _content(path: str, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return _shown(str(Path(path).readlink()))
    if not stat.S_ISREG(mode):
        return ""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _state(about: os.stat_result) -> tuple[int, ...]:
    return (about.st_dev, about.st_ino, about.st_size, about.st_uid, about.st_ctime_ns)
