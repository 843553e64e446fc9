"""Reads what git prints about the files that commits added or changed, within limits."""

import sys
from collections.abc import Collection, Iterator
from typing import Final

import msgspec

from adapters.git.command import GitFailedError
from adapters.git.tree import CUT_SHORT, TreeLimits, readable
from core.gate.facts import PastFile

MOST_COMMITS: Final = 10_000  # the newest ones; git reads that many in about a second

FILE_MODES: Final = ("100644", "100755")  # neither links nor submodules
_MISSING: Final = -1


class Brought(msgspec.Struct, frozen=True):
    """The blob id of a content, with the first commit and path that had it.

    ``size`` is in bytes, and -1 when the repository does not have the blob.
    """

    commit: str
    path: str
    blob: str
    size: int = 0


def brought(listing: bytes, present: Collection[str]) -> tuple[Brought, ...]:
    """Return the contents that ``git diff-tree --stdin -r -c -z`` lists, each once.

    ``present`` are the blob ids that the newest commit still has: they are left out.
    """
    seen = set(present)
    new = list[Brought]()
    for each in _entries(listing):
        if each.blob not in seen:
            seen.add(each.blob)
            new.append(each)
    return tuple(new)


def blobs(tree: bytes) -> frozenset[str]:
    """Return the blob ids that ``git ls-tree -r -z`` lists."""
    return frozenset(
        line.partition(b"\t")[0].split()[-1].decode() for line in tree.split(b"\0")[:-1]
    )


def touched(listing: bytes) -> tuple[str, ...]:
    """Return each content once that ``git log --format= --raw -m -z`` lists, the oldest first."""
    entries = [word for word in listing.split(b"\0") if word.startswith(b":")]
    both = (word.split()[2:4] for word in reversed(entries))
    found = dict.fromkeys(blob.decode("ascii") for pair in both for blob in pair)
    return tuple(blob for blob in found if blob.strip("0"))


def sized(
    files: tuple[Brought, ...], sizes: bytes, too_large: Collection[str] = ()
) -> tuple[Brought, ...]:
    """Return the files with their sizes. Raise GitFailedError when git left some out.

    ``sizes`` is what ``git cat-file --batch-check`` printed for their blobs, in the same order. Of
    those that are ``too_large`` nobody knows the size: more than is read.
    """
    lines = sizes.decode("ascii", errors="replace").splitlines()
    if len(lines) != len(files):
        raise GitFailedError(CUT_SHORT)
    return tuple(
        msgspec.structs.replace(file, size=sys.maxsize if file.blob in too_large else _size(line))
        for file, line in zip(files, lines, strict=True)
    )


def within(files: tuple[Brought, ...], limits: TreeLimits) -> frozenset[str]:
    """Choose the blobs to read: none above the limit of a file, the newest ones up to the total."""
    total, chosen = 0, set[str]()
    for file in reversed(files):
        if not 0 < file.size <= limits.file_bytes:
            continue
        total += file.size
        if total > limits.total_bytes:
            break
        chosen.add(file.blob)
    return frozenset(chosen)


def past_files(
    files: tuple[Brought, ...], chosen: Collection[str], contents: bytes
) -> tuple[PastFile, ...]:
    """Return the files with their contents; those that were not chosen have none.

    ``contents`` is what ``git cat-file --batch`` printed for the chosen blobs, in the files' order.
    A file that is empty or missing has nothing to tell and is left out.
    """
    found, start = list[PastFile](), 0
    for file in files:
        data = b""
        if file.blob in chosen:
            begin = contents.find(b"\n", start) + 1
            if contents[start:begin] != f"{file.blob} blob {file.size}\n".encode():
                raise GitFailedError(CUT_SHORT)
            data, start = contents[begin : begin + file.size], begin + file.size + 1
        if file.size > 0:
            found.append(PastFile(file.commit, file.path, data))
    return tuple(found)


def _entries(listing: bytes) -> Iterator[Brought]:
    """Git prints a commit's id before its files; a file's line has one colon for each parent."""
    commit = ""
    words = iter(listing.split(b"\0")[:-1])
    for word in words:
        if not word.startswith(b":"):
            commit = word.decode("ascii")
            continue
        parents = len(word) - len(word.lstrip(b":"))
        fields = word.lstrip(b":").decode("ascii").split()
        path = readable(next(words))
        if fields[parents] in FILE_MODES:
            yield Brought(commit, path, fields[2 * parents + 1])


def _size(line: str) -> int:
    kind, _, size = line.partition(" ")[2].partition(" ")
    return int(size) if kind == "blob" else _MISSING
