"""The git host of one machine: a folder of bare git repositories, read by the git command."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from adapters.bare_repositories.command import TIME_LIMIT_S, GitCommand, commit_id, git_path
from adapters.bare_repositories.history import (
    MOST_COMMITS,
    Brought,
    blobs,
    brought,
    past_files,
    sized,
    within,
)
from adapters.bare_repositories.tree import DEFAULT_LIMITS, Limits, model_repo, readable, tree
from core.errors import CommitGoneError, UnknownNameError
from core.gate.checks import ModelRepo
from core.gate.facts import PastFile
from core.ports import CommitState
from core.results import Author, Commit
from core.words import Stage

NOTES: Final = "--ref=refs/notes/sluss"
JUNIT: Final = "--ref=refs/notes/junit"
COMMON: Final = "common"

GONE = (
    "The commit {commit} is no longer in the repository. "
    "Nothing was run; push it again or a newer one."
)

_LOG_FIELDS = 4
_LOG_FORMAT = "--format=tformat:%H%x00%ae%x00%an%x00%s"


class BareRepositories:
    """``find`` answers where a repository of platform.yml lies: asked each time, as it may grow.

    ``variables`` holds the section ``common`` and one per stage, as gbi_variables.yml has them.
    """

    def __init__(
        self,
        find: Callable[[str], Path | None],
        variables: Mapping[str, Mapping[str, str]] | None = None,
        *,
        limits: Limits = DEFAULT_LIMITS,
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._find = find
        self._variables = variables
        self._limits = limits
        self._time_limit_s = time_limit_s
        self._git = git_path()
        # git notes rewrites the whole notes tree: of two writers at once, one would be lost
        self._writing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def files(self, repository: str, commit: str) -> ModelRepo:
        """Raise StepFailedError for a file over the limit, or of a name that is no safe path."""
        git = self._in(repository)
        listing = await self._ask(git, commit, "ls-tree", "-r", "-z", "-l", _peeled(commit))
        entries = tree(listing, self._limits)
        wanted = "".join(f"{entry.blob}\n" for entry in entries).encode()
        contents = await git.run("cat-file", "--batch", stdin=wanted)
        return model_repo(entries, contents)

    async def commits(self, repository: str, commit: str, since: str = "") -> tuple[Commit, ...]:
        git = self._in(repository)
        others = (f"^{_peeled(since)}",) if since else ()
        output = await self._ask(
            *(git, commit, "log", "-z", "--no-show-signature", "--no-notes", _LOG_FORMAT),
            *("--end-of-options", _peeled(commit), *others),
            since=since,
        )
        words = output.decode("utf-8", errors="replace").split("\0")[:-1]
        return tuple(
            Commit(id=id_, author=Author(email, name), subject=subject)
            for id_, email, name, subject in zip(*[iter(words)] * _LOG_FIELDS, strict=True)
        )

    async def changed_files(self, repository: str, commit: str, since: str) -> tuple[str, ...]:
        """Every file of the commit when there is nothing to compare with."""
        git = self._in(repository)
        words: tuple[str, ...]
        if not since:
            words = ("ls-tree", "-r", "-z", "--name-only", _peeled(commit))
        else:
            words = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff")
            words += ("--end-of-options", _peeled(since), _peeled(commit))
        output = await self._ask(git, commit, *words, since=since)
        return tuple(readable(name) for name in output.split(b"\0")[:-1])

    async def past_files(
        self, repository: str, commit: str, since: str, limit: int
    ) -> tuple[PastFile, ...]:
        """A merge brings only what none of its parents has: the rest came with their commits."""
        git = self._in(repository)
        others = (f"^{_peeled(since)}",) if since else ()
        ids = await self._ask(
            *(git, commit, "rev-list", "--reverse", f"--max-count={MOST_COMMITS}"),
            *("--end-of-options", _peeled(commit), *others),
            since=since,
        )
        diff = ("diff-tree", "--stdin", "--root", "-r", "-c", "-z", "--no-renames", "--no-ext-diff")
        listing = await git.run(*diff, stdin=ids)
        present = blobs(await git.run("ls-tree", "-r", "-z", _peeled(commit)))
        new = brought(listing, present)[-limit:]
        files = sized(new, await git.run("cat-file", "--batch-check", stdin=_names(new)))
        chosen = within(files, self._limits)
        wanted = _names(file for file in files if file.blob in chosen)
        return past_files(files, chosen, await git.run("cat-file", "--batch", stdin=wanted))

    async def pull_request_creators(self, repository: str, commit: str) -> tuple[str, ...]:
        """Nobody: a bare repository has no pull requests, and who pushed comes with the push."""
        await self._ask(self._in(repository), commit, "cat-file", "-e", _peeled(commit))
        return ()

    async def test_report(self, repository: str, commit: str) -> bytes | None:
        """A pipeline leaves it as a git note: ``git notes --ref=junit add -F FILE COMMIT``."""
        git = self._in(repository)
        await _raise_if_gone(git, commit)
        code, output = await git.attempt("notes", JUNIT, "show", commit_id(commit))
        return output if code == 0 else None

    async def report(
        self, repository: str, commit: str, state: CommitState, text: str, url: str
    ) -> None:
        """Kept as a git note: ``git --git-dir=<repository> log --notes=sluss`` shows it."""
        git = self._in(repository)
        note = "".join(f"{line}\n" for line in (f"{state}: {text}", url) if line).encode()
        async with self._writing[repository]:
            await _raise_if_gone(git, commit)  # git notes takes any number for an object
            await self._ask(
                *(git, commit, "notes", NOTES, "add", "--force", "--file=-", commit_id(commit)),
                stdin=note,
            )

    async def variables(self, stage: Stage) -> dict[str, str] | None:
        if self._variables is None:
            return None
        return {**self._variables.get(COMMON, {}), **self._variables.get(stage.value, {})}

    def _in(self, repository: str) -> GitCommand:
        folder = self._find(repository)
        if folder is None:
            raise UnknownNameError("repository", repository)
        return GitCommand(folder, git=self._git, time_limit_s=self._time_limit_s)

    async def _ask(
        self,
        git: GitCommand,
        commit: str,
        verb: str,
        *words: str,
        since: str = "",
        stdin: bytes = b"",
    ) -> bytes:
        """Ask first, and only when git fails find out whether a commit is gone: one call less."""
        code, output = await git.attempt(verb, *words, stdin=stdin)
        if code == 0:
            return output
        if git.is_there():
            await _raise_if_gone(git, commit, since)
        raise git.failure(verb, code)


def _names(files: Iterable[Brought]) -> bytes:
    return "".join(f"{file.blob}\n" for file in files).encode()


async def _raise_if_gone(git: GitCommand, *commits: str) -> None:
    for commit in filter(None, commits):
        code, _ = await git.attempt("cat-file", "-e", _peeled(commit))
        if code != 0:
            raise CommitGoneError(GONE.format(commit=commit[:12]))


def _peeled(commit: str) -> str:
    """Ask for a commit by name: the id of a tree or a blob finds nothing."""
    return f"{commit_id(commit)}^{{commit}}"
