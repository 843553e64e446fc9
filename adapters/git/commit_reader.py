"""Reads the commits of one repository: their files, their people, and what they changed."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from adapters.git.command import GitCommand, peeled
from adapters.git.history import (
    MOST_COMMITS,
    Brought,
    blobs,
    brought,
    past_files,
    sized,
    touched,
    within,
)
from adapters.git.tree import (
    DEFAULT_LIMITS,
    TOO_MUCH,
    TreeLimits,
    contents_of,
    model_repo,
    readable,
    tree,
)
from core.errors import StepFailedError
from core.gate.checks import ModelRepo
from core.gate.facts import PastFile
from core.results import Author, Commit, Written

_TRAILERS: Final = "%(trailers:key=Co-authored-by,key=Signed-off-by,valueonly,separator=%x1F)"
_LOG_FORMAT: Final = f"--format=tformat:%H%x00%ae%x00%an%x00%ce%x00%cn%x00{_TRAILERS}%x00%s"
_LOG_FIELDS: Final = 7
_WRITTEN_FIELDS: Final = 4
_ADDRESS: Final = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]+)>")


# Brings contents that a partial clone has left behind, the newest last, and returns those that are
# too large to be brought.
Bring = Callable[[Collection[str]], Awaitable[Collection[str]]]


class CommitReader:
    """Reads by ``git``. Each method raises CommitGoneError for a commit that is not there.

    ``bring`` is given by a clone without contents: they are brought before git reads them.
    """

    def __init__(
        self, git: GitCommand, limits: TreeLimits = DEFAULT_LIMITS, bring: Bring | None = None
    ) -> None:
        self._git = git
        self._limits = limits
        self._bring = bring

    async def files(self, commit: str) -> ModelRepo:
        """Raise StepFailedError for a file over the limit, or of a name that is no safe path."""
        if self._bring is not None:  # without the contents there are no sizes to list
            paths = contents_of(
                await self._git.ask(commit, "ls-tree", "-r", "-z", peeled(commit)), self._limits
            )
            await self._bring_all(paths)
        listing = await self._git.ask(commit, "ls-tree", "-r", "-z", "-l", peeled(commit))
        entries = tree(listing, self._limits)
        wanted = "".join(f"{entry.blob}\n" for entry in entries).encode()
        contents = await self._git.run("cat-file", "--batch", stdin=wanted)
        return model_repo(entries, contents)

    async def commits(self, commit: str, since: str = "", *, limit: int = 0) -> tuple[Commit, ...]:
        output = await self._git.ask(
            *(commit, "log", "-z", "--no-show-signature", "--no-notes", _LOG_FORMAT),
            *((f"--max-count={limit}",) if limit else ()),
            *("--end-of-options", *_between(commit, since)),
            since=since,
        )
        words = output.decode("utf-8", errors="replace").split("\0")[:-1]
        cut = await asyncio.to_thread(self._git.cut_off)
        rows = zip(*[iter(words)] * _LOG_FIELDS, strict=True)
        return tuple(_commit(row, is_cut=row[0] in cut) for row in rows)

    async def who_wrote(self, commit: str, path: str, text: str) -> Written | None:
        log = (
            *("log", "-z", "--no-show-signature", "--no-notes", "-m"),
            *("--no-renames", "--no-ext-diff", "--no-textconv"),
        )
        of_path = ("--end-of-options", peeled(commit), "--", f":(literal){path}")
        if self._bring is not None:
            raw = ("--format=", "--raw", "--no-abbrev")
            blobs_of_path = touched(await self._git.ask(commit, *log, *raw, *of_path))
            await self._bring_all(dict.fromkeys(blobs_of_path, path))
        output = await self._git.ask(
            *(commit, *log, "--max-count=1", "--format=tformat:%H%x00%ae%x00%an%x00%cs"),
            *(f"-S{text}", *of_path),
        )
        words = output.decode("utf-8", errors="replace").strip("\n\0").split("\0")
        if len(words) < _WRITTEN_FIELDS:
            return None
        found, email, name, day = words[:_WRITTEN_FIELDS]
        return Written(commit=found, author=Author(email, name), day=day)

    async def changed_files(self, commit: str, since: str) -> tuple[str, ...]:
        words: tuple[str, ...]
        if not since:
            words = ("ls-tree", "-r", "-z", "--name-only", peeled(commit))
        else:
            words = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff")
            words += ("--end-of-options", peeled(since), peeled(commit))
        output = await self._git.ask(commit, *words, since=since)
        return tuple(readable(name) for name in output.split(b"\0")[:-1])

    async def past_files(self, commit: str, since: str, limit: int) -> tuple[PastFile, ...]:
        """Count for a merge only what none of its parents has: the rest came with other commits."""
        ids = await self._git.ask(
            *(commit, "rev-list", "--reverse", f"--max-count={MOST_COMMITS}"),
            *("--end-of-options", *_between(commit, since)),
            since=since,
        )
        diff = ("diff-tree", "--stdin", "--root", "-r", "-c", "-z", "--no-renames", "--no-ext-diff")
        listing = await self._git.run(*diff, stdin=ids)
        present = blobs(await self._git.run("ls-tree", "-r", "-z", peeled(commit)))
        new = brought(listing, present)[-limit:]
        lost = await self._bring([file.blob for file in new]) if self._bring else ()
        sizes = await self._git.run("cat-file", "--batch-check", stdin=_names(new))
        files = sized(new, sizes, lost)
        chosen = within(files, self._limits)
        wanted = _names(file for file in files if file.blob in chosen)
        return past_files(files, chosen, await self._git.run("cat-file", "--batch", stdin=wanted))

    async def _bring_all(self, paths: Mapping[str, str]) -> None:
        """Bring the contents of these files. Raise StepFailedError when that is too much."""
        lost = await self._bring(paths) if self._bring else ()
        for blob in lost:
            message = TOO_MUCH.format(path=paths[blob], limit=self._limits.total_bytes)
            raise StepFailedError(message)


def with_pushers(commits: Iterable[Commit], pushers: Mapping[str, str]) -> tuple[Commit, ...]:
    """Add the accounts that brought them; git itself does not know."""
    return tuple(msgspec.structs.replace(each, pusher=pushers.get(each.id, "")) for each in commits)


def _commit(row: Sequence[str], *, is_cut: bool) -> Commit:
    id_, email, name, committer_email, committer, trailers, subject = row
    return Commit(
        id=id_,
        author=Author(email, name),
        committer=Author(committer_email, committer),
        trailers=tuple(each for value in trailers.split("\x1f") for each in _named(value)),
        is_cut=is_cut,
        subject=subject,
    )


def _named(trailer: str) -> Iterator[Author]:
    """Everybody whom a trailer names; without brackets all of it may be one address."""
    found = tuple(_ADDRESS.finditer(trailer))
    for each in found:
        yield Author(each["email"].strip(), each["name"].strip(" ,;\n"))
    if not found and "@" in trailer:
        yield Author(trailer.strip(), "")


def _between(commit: str, since: str) -> tuple[str, ...]:
    return (peeled(commit), f"^{peeled(since)}") if since else (peeled(commit),)


def _names(files: Iterable[Brought]) -> bytes:
    return "".join(f"{file.blob}\n" for file in files).encode()
