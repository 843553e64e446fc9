"""Keeps a clone of each repository of another host, for all steps and from start to start."""

import asyncio
import fcntl
import logging
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from adapters.git.command import GitCommand, git_environment, run_git
from adapters.git.fetch import Fetch
from adapters.git.kept_clone import OTHERS, KeptClone, TakenError, held
from core.errors import UnavailableError

log = logging.getLogger(__name__)

CLONE: Final = ".git"
NEW: Final = ".new"
DAMAGED: Final = ".damaged"
USED: Final = ".used"

MOST_PACKS: Final = 40  # git looks for an object in one after the other
DAY_S: Final = 24 * 3600.0
UNUSED_S: Final = 30 * DAY_S
LARGE_S: Final = 7 * DAY_S  # a clone that is large from the start is not made anew each day
LARGE_BYTES: Final = 1_000_000_000
ASIDE_S: Final = 10.0

UNMADE: Final = (
    "The clone of {repository} cannot be made in {folder} ({why}). Nothing was lost; mend that, "
    "and it is tried again by itself."
)


class CloneBounds(msgspec.Struct, frozen=True, kw_only=True):
    """From when on a clone is packed anew, made anew, or removed."""

    packs: int = MOST_PACKS
    large_bytes: int = LARGE_BYTES
    large_s: float = LARGE_S
    unused_s: float = UNUSED_S


DEFAULT_BOUNDS: Final = CloneBounds()


class KeptClones:
    """The clones below ``folder``, one for each repository by its id."""

    def __init__(self, folder: Path, fetch: Fetch, bounds: CloneBounds = DEFAULT_BOUNDS) -> None:
        self._folder = folder
        self._fetch = fetch
        self._bounds = bounds

    @asynccontextmanager
    async def opened(self, repository: str) -> AsyncIterator[KeptClone]:
        """Lend a clone; one that is not there yet is made, and is empty."""
        folder = self._of(repository)
        async with AsyncExitStack() as stack:
            try:
                await asyncio.to_thread(self._folder.mkdir, 0o700, parents=True, exist_ok=True)
                used = held(folder.with_suffix(USED), fcntl.LOCK_SH, ASIDE_S)
                os.utime(await stack.enter_async_context(used))
                if not folder.is_dir():
                    await self._make(folder)
            except TakenError:
                raise UnavailableError(OTHERS.format(repository=repository)) from None
            except OSError as error:  # such as a disk that is full
                raise _unmade(folder, error) from None
            yield KeptClone(folder, self._fetch)

    async def set_aside(self, repository: str, damaged: KeptClone) -> None:
        """Move a damaged clone away when nobody reads it, unless somebody has done so already."""
        folder = self._of(repository)
        try:
            async with held(folder.with_suffix(USED), fcntl.LOCK_EX, ASIDE_S):
                is_moved = await asyncio.to_thread(_move_away, folder, damaged.made)
        except TakenError:
            raise UnavailableError(OTHERS.format(repository=repository)) from None
        if is_moved:
            words = "the clone of %s was damaged and is made anew"
            log.warning(words, repository, extra={"action": "clone_set_aside"})

    async def tend(self, known: Collection[str]) -> None:
        """Keep the folder small; what a step is reading stays until the next time.

        ``known`` are the ids of all repositories; with none at all nothing is taken for gone.
        """
        names = {self._of(repository).name for repository in known}
        for folder in await asyncio.to_thread(lambda: sorted(self._folder.glob(f"*{CLONE}"))):
            with suppress(TakenError, FileNotFoundError, TimeoutError, UnavailableError):
                is_gone = bool(names) and folder.name not in names
                if is_gone or await asyncio.to_thread(self._is_over, folder):
                    async with held(folder.with_suffix(USED), fcntl.LOCK_EX, 0):
                        await asyncio.to_thread(shutil.rmtree, folder)
                else:
                    await self._pack(folder)
        await asyncio.to_thread(self._remove_leftovers)

    async def _pack(self, folder: Path) -> None:
        """Make one pack of many; whoever reads the old ones finds the new one by itself."""
        packs = await asyncio.to_thread(lambda: list(folder.glob("objects/pack/*.pack")))
        if len(packs) <= self._bounds.packs:
            return
        async with held(folder.with_suffix(USED), fcntl.LOCK_SH, 0):
            clone = KeptClone(folder, self._fetch)
            async with clone.writing() as lock:
                await run_git(
                    clone.git.words("repack", "-a", "-d", "-q"),
                    environment=git_environment(self._fetch.git),
                    limit_s=self._fetch.limit_s,
                    keeps=(lock,),
                )

    async def _make(self, folder: Path) -> None:
        new = Path(await asyncio.to_thread(tempfile.mkdtemp, NEW, "", self._folder))
        git = GitCommand(new, git=self._fetch.git)
        await git.run("init", "--quiet", "--bare", "--template=")
        await asyncio.to_thread(_put, new, folder)

    def _is_over(self, folder: Path) -> bool:
        """Whether nobody needs it any more, or it has grown so that a new one is better."""
        now = time.time()
        if now - folder.with_suffix(USED).stat().st_mtime > self._bounds.unused_s:
            return True
        if now - (folder / "config").stat().st_mtime < self._bounds.large_s:
            return False
        packs = (path.stat().st_size for path in folder.glob("objects/pack/*"))
        return sum(packs) > self._bounds.large_bytes

    def _remove_leftovers(self) -> None:
        """Remove what was set aside, and what a killed process was making, a day later."""
        for path in (*self._folder.glob(f"*{NEW}"), *self._folder.glob(f"*{DAMAGED}")):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > DAY_S:
                    shutil.rmtree(path, ignore_errors=True)

    def _of(self, repository: str) -> Path:
        return self._folder / f"{quote(repository, safe='')}{CLONE}"


def _put(new: Path, folder: Path) -> None:
    """Put a new clone into its place, unless somebody else has done so at the same time."""
    try:
        new.rename(folder)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        if not folder.is_dir():
            raise _unmade(folder, error) from error


def _unmade(folder: Path, error: OSError) -> UnavailableError:
    about = {"repository": folder.stem, "folder": folder.parent, "why": error.strerror}
    return UnavailableError(UNMADE.format(**about))


def _move_away(folder: Path, made: int) -> bool:
    if not folder.exists() or folder.stat().st_ino != made:
        return False
    aside = folder.with_suffix(DAMAGED)
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    os.utime(aside)  # from now on the day counts, after which it is removed
    return True
