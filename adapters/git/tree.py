"""Makes a model repository of what git prints about the files of one commit, within limits."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import msgspec

from adapters.git.command import GitFailedError
from core.errors import StepFailedError
from core.gate.checks import ModelRepo

LINK: Final = "120000"
BLOB: Final = "blob"
OTHER_KINDS: Final = (b"tree", b"commit", b"tag")

TOO_LARGE = (
    "{path} has {size:,} bytes; a file of a model repository has at most {limit:,}. The commit was "
    "not read; keep data and models out of git and read them through the dataset template."
)
TOO_MUCH = (
    "The files of the commit have more than {limit:,} bytes together (at {path}). The commit was "
    "not read; keep data and models out of git."
)
TOO_MANY = (
    "The commit has {count:,} files; a model repository has at most {limit:,}. The commit was not "
    "read; keep data and environments out of git."
)
BAD_NAME = (
    "The file name {path!r} cannot be used here ({why}). The commit was not read; rename the file."
)
NO_FILE = (
    "The commit says that {path!r} is a file, and it is none. The commit was not read; find such "
    "names with `git fsck`, and push the branch without them."
)
CUT_SHORT = "git did not hand over every file of the commit. Nothing was run; it is tried again."


class TreeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much a commit may hold to be read: more than a model needs, less than harms us."""

    file_bytes: int = 10_000_000
    total_bytes: int = 100_000_000
    files: int = 10_000


class TreeEntry(msgspec.Struct, frozen=True):
    """One file or link of a commit, before its content is read; ``size`` is in bytes."""

    path: str
    blob: str
    size: int
    is_link: bool


DEFAULT_LIMITS: Final = TreeLimits()


def contents_of(listing: bytes, limits: TreeLimits) -> dict[str, str]:
    """Return the path of each content that ``git ls-tree -r -z`` lists, for a clone to bring them.

    Raise StepFailedError where there are too many files, before any of them is brought.
    """
    lines = (line.partition(b"\t") for line in listing.split(b"\0")[:-1])
    files = [(about.decode("ascii").split(), name) for about, _, name in lines]
    found = [(fields[2], readable(name)) for fields, name in files if fields[1] == BLOB]
    if len(found) > limits.files:
        raise StepFailedError(TOO_MANY.format(count=len(found), limit=limits.files))
    return dict(found)


def tree(listing: bytes, limits: TreeLimits) -> tuple[TreeEntry, ...]:
    """Return the files and links that ``git ls-tree -r -z -l`` lists, before any of them is read.

    Submodules are left out: their files are another repository's. Raise StepFailedError for a
    commit over the limits, or for a path that is not safe.
    """
    entries = tuple(_entries(listing))
    if len(entries) > limits.files:
        raise StepFailedError(TOO_MANY.format(count=len(entries), limit=limits.files))
    total = 0
    for entry in entries:
        total += entry.size
        if entry.size > limits.file_bytes:
            message = TOO_LARGE.format(path=entry.path, size=entry.size, limit=limits.file_bytes)
            raise StepFailedError(message)
        if total > limits.total_bytes:
            raise StepFailedError(TOO_MUCH.format(path=entry.path, limit=limits.total_bytes))
    return entries


def model_repo(entries: tuple[TreeEntry, ...], contents: bytes) -> ModelRepo:
    """Raise GitFailedError when git left something out of ``contents``.

    That is what ``git cat-file --batch`` printed for the blobs of ``entries``, in the same order.
    Raise StepFailedError for an entry that is no file, though its tree says so.
    """
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    start = 0
    for entry in entries:
        header_end = contents.find(b"\n", start) + 1
        header = contents[start:header_end]
        if header != f"{entry.blob} blob {entry.size}\n".encode():
            raise _no_content(entry, header)
        data = contents[header_end : header_end + entry.size]
        start = header_end + entry.size + 1
        if entry.is_link:
            links[entry.path] = data.decode("utf-8", errors="replace")
        else:
            files[entry.path] = data
    return ModelRepo(files=files, links=links)


def _no_content(entry: TreeEntry, header: bytes) -> Exception:
    """Tell a tree that lies, and will do so in the next clone as well, from a damaged clone."""
    kind = header.removeprefix(f"{entry.blob} ".encode()).split(b" ")[0]
    if kind in OTHER_KINDS:
        return StepFailedError(NO_FILE.format(path=entry.path))
    return GitFailedError(CUT_SHORT)


def readable(name: bytes) -> str:
    """Decode a path for people and lists; only ``CommitReader.files`` refuses a bad one."""
    return name.decode("utf-8", errors="replace")


def _entries(listing: bytes) -> Iterator[TreeEntry]:
    for line in listing.split(b"\0")[:-1]:
        about, _, name = line.partition(b"\t")
        mode, kind, blob, size = about.decode("ascii").split()
        if kind == BLOB:
            yield TreeEntry(_safe(name), blob, int(size), mode == LINK)


def _safe(name: bytes) -> str:
    """Return the path. Raise StepFailedError for one that leads out of the folder it is written to.

    A tree may be made by hand, so its paths may hold what git itself would never write.
    """
    try:
        path = name.decode("utf-8")
    except UnicodeDecodeError:
        raise StepFailedError(BAD_NAME.format(path=readable(name), why="no UTF-8")) from None
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or path != "/".join(parts):
        raise StepFailedError(BAD_NAME.format(path=path, why="it leads out of the folder"))
    if any(part.casefold() == ".git" for part in parts):
        raise StepFailedError(BAD_NAME.format(path=path, why="the folder belongs to git"))
    if "\\" in path or any(ord(letter) < ord(" ") for letter in path):
        raise StepFailedError(BAD_NAME.format(path=path, why="a backslash or a control character"))
    return path
