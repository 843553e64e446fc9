"""A clone of a repository of another host, whose contents are brought when they are read.

It has all commits and folders, and of the files only those that were read (``blob:none``). It knows
no remote: so git never fetches by itself, one file at a time, what a reading command misses. A lock
in a file of its own serves all processes; git and what it starts hold it as well, so that a process
that is killed leaves no git behind that writes beside its successor's.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from adapters.git.command import GONE, GitCommand, GitFailedError, commit_id, peeled
from adapters.git.fetch import CONTENTS, LARGER, Failure, Fetch, FetchFailedError, Remote
from adapters.git.tree import TreeLimits
from core.errors import CommitGoneError, UnavailableError

FETCHING: Final = ".fetching"
KEPT: Final = "refs/kept"  # the commits that the host is told we have
MOST_REFS: Final = 64
HISTORY_BYTES: Final = 2_000_000_000
LOOK_S: Final = 0.02

OTHERS: Final = (
    "Others have been at work on the clone of {repository} for a long time. Nothing was lost; it "
    "is tried again by itself."
)


class KeptClone:
    """One clone, for as long as ``KeptClones.opened`` lends it: it is not taken away meanwhile."""

    def __init__(self, folder: Path, fetch: Fetch) -> None:
        self.git = GitCommand(folder, git=fetch.git)
        self.made = folder.stat().st_ino
        self._fetch = fetch

    async def has(self, commit: str) -> bool:
        """Raise CommitGoneError for what is no id of a commit."""
        code, _ = await self.git.attempt("cat-file", "-e", peeled(commit))
        return code == 0

    async def absent(self, ids: Collection[str]) -> tuple[str, ...]:
        """Return which of these objects are not here, in their order."""
        told = await self.git.run("cat-file", "--batch-check=", stdin=_lines(dict.fromkeys(ids)))
        lines = told.decode("ascii", errors="replace").splitlines()
        return tuple(line.split(" ")[0] for line in lines if line.endswith(" missing"))

    async def bring_commit(self, commit: str, remote: Remote, limits: TreeLimits) -> None:
        """Fetch a commit with its history. Raise FetchFailedError, or GitFailedError for damage."""
        async with self.writing() as lock:
            if await self.absent([commit_id(commit)]):  # others may have brought it meanwhile
                await self._bring_history(commit, remote, limits, lock)
            if not await self.has(commit):
                await self._raise_if_other(commit)
                raise GitFailedError
            await self.git.run("update-ref", f"{KEPT}/{commit}", commit)
            await asyncio.to_thread(_forget_oldest, self.git.folder / KEPT)

    async def _bring_history(
        self, commit: str, remote: Remote, limits: TreeLimits, lock: int
    ) -> None:
        """Fetch what we lack: the contents of new commits along with them, as all are read next.

        The first time that would be all that there ever was, and the commit needs few of them.
        """
        fetched = partial(self._fetched, [commit], remote, lock=lock, with_history=True)
        if await asyncio.to_thread(_has_any, self.git.folder / KEPT):
            larger = LARGER.format(bytes=limits.file_bytes + 1)
            try:
                return await fetched(most_bytes=limits.total_bytes, leaves=larger)
            except FetchFailedError as error:
                if error.why is not Failure.TOO_LARGE:
                    raise
                await asyncio.to_thread(_sweep, self.git.folder)
        return await fetched(most_bytes=HISTORY_BYTES)

    async def _raise_if_other(self, commit: str) -> None:
        """Raise CommitGoneError where the id is that of a folder or a file."""
        code, kind = await self.git.attempt("cat-file", "-t", commit)
        if code == 0 and kind.strip() not in (b"commit", b"tag"):
            raise CommitGoneError(GONE.format(commit=commit[:12]))

    async def bring_blobs(
        self, blobs: Collection[str], remote: Remote, limits: TreeLimits
    ) -> frozenset[str]:
        """Fetch contents, the newest last, in one call. Return those that are too large.

        Their sizes are known only when they are there: where it is too much, it is tried with half
        of them, and the newest come first until the limit of all is reached.
        """
        left, lost, parts = limits.total_bytes, set[str](), [list(blobs)]
        while parts:
            part = parts.pop()
            most = min(left, len(part) * limits.file_bytes)
            if most > 0 and await self._fits(part, remote, most):
                left -= await self._bytes_of(part)
            elif most > 0 and len(part) > 1:
                parts += [part[: len(part) // 2], part[len(part) // 2 :]]
            else:
                lost.update(part)
        return frozenset(lost)

    async def _fits(self, blobs: Sequence[str], remote: Remote, most_bytes: int) -> bool:
        async with self.writing() as lock:
            wants = await self.absent(blobs)  # others may have brought them meanwhile
            try:
                if wants:
                    await self._fetched(
                        wants, remote, most_bytes=most_bytes, lock=lock, with_history=False
                    )
            except FetchFailedError as error:
                if error.why is Failure.TOO_LARGE:
                    return False
                raise
        return True

    async def _bytes_of(self, blobs: Sequence[str]) -> int:
        told = await self.git.run("cat-file", "--batch-check=%(objectsize)", stdin=_lines(blobs))
        return sum(int(word) for word in told.split() if word.isdigit())

    async def _fetched(
        self,
        wants: Sequence[str],
        remote: Remote,
        *,
        most_bytes: int,
        lock: int,
        with_history: bool,
        leaves: str = CONTENTS,
    ) -> None:
        try:
            await self._fetch(
                *(self.git, wants, remote),
                most_bytes=most_bytes,
                keeps=(lock,),
                with_history=with_history,
                leaves=leaves,
            )
        except FetchFailedError as error:
            if error.why is Failure.DAMAGED:
                raise GitFailedError from None
            raise

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[int]:
        """Hold the lock of whoever writes; what a killed git has left behind is swept first."""
        lock = self.git.folder.with_suffix(FETCHING)
        try:
            async with held(lock, fcntl.LOCK_EX, self._fetch.limit_s) as descriptor:
                await asyncio.to_thread(_sweep, self.git.folder)
                yield descriptor
        except TakenError:
            raise UnavailableError(OTHERS.format(repository=lock.stem)) from None


class TakenError(Exception):
    """Somebody else has the lock."""


@asynccontextmanager
async def held(path: Path, kind: int, patience_s: float) -> AsyncIterator[int]:
    """Hold a lock, which ends with the last process that has its file open. Raise TakenError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + patience_s
        while not _is_taken(descriptor, kind):
            if time.monotonic() >= until:
                raise TakenError
            await asyncio.sleep(LOOK_S)
        yield descriptor
    finally:
        os.close(descriptor)


def _is_taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep(folder: Path) -> None:
    """Remove what a killed git has left; nobody else writes here, so nobody needs it."""
    for pattern in ("*.lock", "refs/**/*.lock", "objects/pack/tmp_*", "objects/pack/*.keep"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
    for path in folder.glob("objects/??/tmp_obj_*"):
        path.unlink(missing_ok=True)


def _has_any(refs: Path) -> bool:
    return refs.is_dir() and any(refs.iterdir())


def _forget_oldest(refs: Path) -> None:
    """Their objects stay: whatever a partial clone was promised is never pruned by git."""
    found = sorted(refs.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in found[:-MOST_REFS]:
        path.unlink(missing_ok=True)


def _lines(ids: Iterable[str]) -> bytes:
    return "".join(f"{each}\n" for each in ids).encode()
