"""The evidence of one machine: a folder of files that are named by their content's digest."""

import asyncio
import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Final

from core.errors import LedgerBrokenError, StoreUnavailableError, UnknownNameError
from core.words import BlobId

PREFIX: Final = "sha256:"

CHANGED = (
    "The evidence {blob} was changed after it was kept. It was not shown; "
    "bring it back from a copy of the folder, and find out who can write there."
)
CANNOT_WRITE = (
    "The evidence cannot be written ({why}). Nothing was kept; "
    "mend the folder, it is tried again by itself."
)
CANNOT_READ = "The evidence cannot be read ({why}). Nothing was lost; it is tried again by itself."

_BLOB_ID = re.compile(r"sha256:([0-9a-f]{64})")


class EvidenceFolder:
    """Implements ``core.ports.Evidence``; only the owner of the process may read the files.

    The reports among them may quote what people wrote.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, data: bytes) -> BlobId:
        """Return when content and name are on the disk, since the ledger will point to them."""
        digest = hashlib.sha256(data).hexdigest()
        try:
            await asyncio.to_thread(self._write, digest, data)
        except OSError as error:
            raise StoreUnavailableError(CANNOT_WRITE.format(why=error.strerror)) from error
        return BlobId(PREFIX + digest)

    async def read(self, blob: BlobId) -> bytes:
        known = _BLOB_ID.fullmatch(blob)
        if known is None:
            raise UnknownNameError("evidence", blob)
        try:
            data = await asyncio.to_thread(self._path(known[1]).read_bytes)
        except FileNotFoundError:
            raise UnknownNameError("evidence", blob) from None
        except OSError as error:
            raise StoreUnavailableError(CANNOT_READ.format(why=error.strerror)) from error
        if hashlib.sha256(data).hexdigest() != known[1]:
            raise LedgerBrokenError(CHANGED.format(blob=blob))
        return data

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest[2:4] / digest

    def _write(self, digest: str, data: bytes) -> None:
        path = self._path(digest)
        if path.exists() and path.read_bytes() == data:  # a damaged file is written anew
            return
        _make_private(path.parent, self._folder)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:  # mode 0600
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
        _sync_folder(path.parent)


def _make_private(folder: Path, root: Path) -> None:
    """Make each missing folder from ``root`` on, for its owner alone, and sync its name."""
    if folder.is_dir():
        return
    if folder != root:
        _make_private(folder.parent, root)
    folder.mkdir(mode=0o700, parents=folder == root, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """A rename is durable only once the folder itself is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
