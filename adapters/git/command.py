"""Runs git on repositories, free of the hooks and settings that others could bring along."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from core.errors import CommitGoneError, SettingsError, StepFailedError, UnavailableError

TIME_LIMIT_S: Final = 30.0
MOST_BYTES: Final = 1 << 28  # of an answer; the files of a commit have fewer than half of it
MOST_MEMORY: Final = 1 << 30  # bytes; git unpacks a folder or a commit as a whole
PART: Final = 1 << 16
# The shell has the one way to limit a program that every system knows; some limit no memory. A git
# that a hostile pack brings down has a token in its environment, which no core dump may keep.
_LIMITS: Final = 'ulimit -c 0; ulimit -v "$1" 2>/dev/null; shift; exec "$@"'
_LIMITED: Final = ("/bin/sh", "-c", _LIMITS, "sh")
# What git maps counts as memory, and each thread of it as much again.
_FRUGAL: Final = {
    "core.bigFileThreshold": "64m",
    "core.packedGitLimit": "256m",
    "core.packedGitWindowSize": "64m",
    "pack.threads": "2",
}
NO_MEMORY: Final = re.compile(rb"^fatal: (out of memory|mmap failed)", re.IGNORECASE | re.MULTILINE)

NO_GIT = "There is no git command on this machine. Nothing was started; install git and try again."
NO_FOLDER = "The repository {folder} is not there. Nothing was lost; it is tried again by itself."
TOO_SLOW = "git {verb} gave no answer within {limit:g} s. It was stopped and is tried again."
FAILED = "git {verb} failed in {folder} (code {code}). Nothing was changed; it is tried again."
GONE = (
    "The commit {commit} is no longer in the repository. "
    "Nothing was run; push it again or a newer one."
)
ENDLESS = (
    "git takes more than {most:,} bytes {why} for what was pushed. It was stopped, and nothing was "
    "run; look for a folder that holds another one many times over, or for a commit with a message "
    "without end, and push the branch without it."
)
NO_COMMIT_ID = "{commit!r} is not a commit id. Nothing was run; push the commit again."

_COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def git_path() -> str:
    found = shutil.which("git")
    if found is None:
        raise SettingsError(NO_GIT)
    return found


def git_environment(git: str) -> dict[str, str]:
    """Return all variables that git gets: no settings of a person or the machine, and no prompts.

    Replace refs are off: anybody who may push could otherwise push ``refs/replace/<commit>`` and
    have us read other files under the commit id that was approved. Grafts are off as well: they
    give a commit other parents than it says. And no git starts another one to fetch what it misses,
    which would start the next.
    """
    return {
        "PATH": os.pathsep.join((str(Path(git).parent), os.defpath)),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Sluss",
        "GIT_AUTHOR_EMAIL": "sluss@localhost",
        "GIT_COMMITTER_NAME": "Sluss",
        "GIT_COMMITTER_EMAIL": "sluss@localhost",
    }


def commit_id(commit: str) -> str:
    """Return the id as it is. Raise CommitGoneError for what may be an option or a path."""
    if not _COMMIT_ID.fullmatch(commit):
        raise CommitGoneError(NO_COMMIT_ID.format(commit=commit[:80]))
    return commit


def peeled(commit: str) -> str:
    """Name the commit so that git finds nothing when the id is that of a tree or a blob."""
    return f"{commit_id(commit)}^{{commit}}"


class GitFailedError(UnavailableError):
    """git could not read what is in the repository. Nothing was changed; it is tried again."""


class GitEnded(msgspec.Struct, frozen=True):
    """How a git ended: its exit code, what it printed, and what it said of errors.

    What it said may quote what somebody pushed: it goes into no log and no message.
    """

    code: int
    output: bytes
    said: bytes


async def run_git(
    words: Sequence[str],
    *,
    environment: Mapping[str, str],
    limit_s: float,
    stdin: bytes = b"",
    most_bytes: int = MOST_BYTES,
    keeps: Sequence[int] = (),
) -> GitEnded:
    """Run a git, with all that it starts in a group of its own, which ends with it.

    ``keeps`` are descriptors that they all have open, such as that of a lock. Raise TimeoutError,
    and StepFailedError for an answer of more than ``most_bytes``: a few folders that hold each
    other ten times over are a billion files to whoever lists them.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        env=environment,
        process_group=0,
        pass_fds=keeps,
    )
    try:
        async with asyncio.timeout(limit_s):
            output, said, _ = await asyncio.gather(
                _read(process, process.stdout, most_bytes),
                _read(process, process.stderr, most_bytes),
                _write(process.stdin, stdin),
            )
            code = await process.wait()
    except (TimeoutError, asyncio.CancelledError):
        await _end(process)
        raise
    if max(len(output), len(said)) > most_bytes:
        raise StepFailedError(ENDLESS.format(most=most_bytes, why="of words"))
    return GitEnded(code, output, said)


class GitCommand:
    """Runs git commands on the repository in ``folder``; none of its hooks is started."""

    def __init__(
        self,
        folder: Path,
        *,
        git: str,
        time_limit_s: float = TIME_LIMIT_S,
        most_bytes: int = MOST_BYTES,
        most_memory: int = MOST_MEMORY,
    ) -> None:
        self.folder = folder
        self._git = git
        self._time_limit_s = time_limit_s
        self._most_bytes = most_bytes
        self._most_memory = most_memory

    async def run(self, verb: str, *words: str, stdin: bytes = b"") -> bytes:
        """Return what git printed. Raise UnavailableError when it failed or was too slow."""
        code, output = await self.attempt(verb, *words, stdin=stdin)
        if code == 0:
            return output
        raise self.failure(verb, code)

    async def ask(
        self, commit: str, verb: str, *words: str, since: str = "", stdin: bytes = b""
    ) -> bytes:
        """Return what git printed. Raise CommitGoneError when ``commit`` or ``since`` is gone.

        Only after a failure is it found out whether they are: most questions need one call less.
        """
        code, output = await self.attempt(verb, *words, stdin=stdin)
        if code == 0:
            return output
        if self.is_there():
            await self.raise_if_gone(commit, *([since] if since else ()))
        raise self.failure(verb, code)

    async def raise_if_gone(self, *commits: str) -> None:
        for commit in commits:
            code, _ = await self.attempt("cat-file", "-e", peeled(commit))
            if code != 0:
                raise CommitGoneError(GONE.format(commit=commit[:12]))

    async def missing(self, commits: Collection[str]) -> tuple[str, ...]:
        """Return which of the commits are not in the repository, asked in one call."""
        wanted = "".join(f"{commit_id(commit)}\n" for commit in commits).encode()
        told = await self.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=wanted)
        lines = (line.split(" ", 1) for line in told.decode().splitlines())
        return tuple(name for name, kind in lines if kind != "commit")

    def cut_off(self) -> frozenset[str]:
        """Return the commits whose parents a shallow clone has left behind."""
        shallow = self.folder / "shallow"
        return frozenset(shallow.read_text("ascii").split()) if shallow.exists() else frozenset()

    def is_there(self) -> bool:
        return self.folder.is_dir()

    def failure(self, verb: str, code: int) -> UnavailableError:
        name = self.folder.name
        if not self.is_there():
            return GitFailedError(NO_FOLDER.format(folder=name))
        failed = FAILED.format(verb=verb, folder=name, code=code)
        return GitFailedError(failed) if code > 0 else UnavailableError(failed)  # it was ended

    async def attempt(self, verb: str, *words: str, stdin: bytes = b"") -> tuple[int, bytes]:
        """Return the exit code and the output, for questions that git answers by its code."""
        try:
            ended = await run_git(
                self.words(verb, *words),
                environment=git_environment(self._git),
                limit_s=self._time_limit_s,
                most_bytes=self._most_bytes,
                stdin=stdin,
            )
        except TimeoutError:
            message = TOO_SLOW.format(verb=verb, limit=self._time_limit_s)
            raise UnavailableError(message) from None
        if ended.code != 0 and NO_MEMORY.search(ended.said):
            raise StepFailedError(ENDLESS.format(most=self._most_memory, why="of memory"))
        return ended.code, ended.output

    def words(self, verb: str, *words: str) -> tuple[str, ...]:
        """Return the command as it is started."""
        own = {"core.hooksPath": os.devnull, "i18n.logOutputEncoding": "UTF-8"}
        given = [word for pair in {**own, **_FRUGAL}.items() for word in ("-c", "=".join(pair))]
        started = (*_LIMITED, str(self._most_memory >> 10), self._git, f"--git-dir={self.folder}")
        return (*started, *given, verb, *words)


async def _read(
    process: asyncio.subprocess.Process, stream: asyncio.StreamReader | None, most_bytes: int
) -> bytes:
    """Read to the end, and bring it about once there is more than is wanted."""
    parts, size = list[bytes](), 0
    while stream is not None and (part := await stream.read(PART)):
        if size > most_bytes:
            continue  # what it has written before its end
        parts.append(part)
        size += len(part)
        if size > most_bytes:
            _kill(process)
    return b"".join(parts)


async def _write(stream: asyncio.StreamWriter | None, data: bytes) -> None:
    """Hand it all over, unless git ends before it has read it."""
    if stream is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stream.write(data)
        await stream.drain()
    stream.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave no git behind when the time is up or the caller was cancelled."""
    _kill(process)
    await process.communicate()


def _kill(process: asyncio.subprocess.Process) -> None:
    """The first of the group may have ended before what it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
