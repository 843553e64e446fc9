"""Plays a data scientist: a model repository, with commits and pushes by real git."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from adapters.git.command import git_environment, git_path
from core.errors import SettingsError
from core.people import Person
from core.words import ReleaseId, Stream, release_id
from sluss.commands.add import add
from sluss.home.settings import Settings
from sluss.templates.model_repository import Kind, write_repository

GIT_FAILED = "git {verb} failed: {text} The story was not told to its end."


class DemoRepository:
    """A repository of the demo; it counts its pushes, as each push makes one release."""

    def __init__(self, folder: Path, settings: Settings, *, author: Person) -> None:
        self.folder = folder
        self.stream = Stream(folder.name)
        self._settings = settings
        self._author = author
        self._pushes = 0

    @contextlib.contextmanager
    def whole_or_gone(self) -> Iterator[None]:
        """Take away what was made, where it is ended on the way: the next start begins anew."""
        with contextlib.ExitStack() as half_made:
            half_made.callback(shutil.rmtree, self.folder, ignore_errors=True)
            yield
            half_made.pop_all()

    async def create(self, kind: Kind) -> None:
        write_repository(self.folder, kind)
        await self._git("init", "--quiet", "--initial-branch=main")

    async def bring_on_board(self, team: str) -> None:
        await self.commit("Start the model")
        await self.add_to_home(team)

    async def add_to_home(self, team: str) -> None:
        await asyncio.to_thread(
            add,
            self.folder,
            home=self._settings.home,
            team=team,
            is_copied=False,
        )

    def write(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text)

    def change(self, path: str, old: str, new: str) -> str:
        """Replace a text in a file; return the file as it was."""
        before = (self.folder / path).read_text()
        if old not in before:
            raise SettingsError(f"{path} has no {old!r}: the story does not fit the template.")
        self.write(path, before.replace(old, new))
        return before

    async def commit(self, subject: str, *, address: str = "", committer: str = "") -> None:
        """Commit everything, under another address of the author, or by somebody else's hand."""
        named = {"GIT_AUTHOR_EMAIL": address, "GIT_COMMITTER_EMAIL": committer}
        given = {name: value for name, value in named.items() if value}
        await self._git("add", "--all")
        await self._git("commit", "--quiet", "--allow-empty", f"--message={subject}", **given)

    async def push(self) -> tuple[ReleaseId, str]:
        """Push; return the release that it makes, and what the hook printed for the person."""
        told = await self._git("push", "--quiet", "--set-upstream", "origin", "main")
        self._pushes += 1
        return release_id(self.stream, self._pushes), told

    async def _git(self, verb: str, *words: str, **given: str) -> str:
        email, name = self._author.emails[0], self._author.name
        names = {f"GIT_{who}_NAME": name for who in ("AUTHOR", "COMMITTER")}
        mails = {f"GIT_{who}_EMAIL": email for who in ("AUTHOR", "COMMITTER")}
        quiet = git_environment(git_path())
        del quiet["GIT_GRAFT_FILE"]  # Git would hint at it to the person who reads what we print.
        process = await asyncio.create_subprocess_exec(
            git_path(), "-C", str(self.folder), verb, *words,
            env={**quiet, **names, **mails, "SLUSS_PERSON": email, **given},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        text = output.decode(errors="replace").strip()
        if process.returncode:
            raise SettingsError(GIT_FAILED.format(verb=verb, text=text))
        return text

    async def state(self) -> str:
        """Return what git sees in the folder: commits, stashed work and edits."""
        refs = await self._git("for-each-ref", "refs/heads", "refs/tags", "refs/stash")
        here = await self._git("rev-parse", "HEAD")  # it may be on no branch
        return refs + here + await self._git("status", "--porcelain", "--untracked-files=all")

    async def configure(self) -> None:
        """Set a name and address for commits, so that git need not be set up before the demo."""
        await self._git("config", "user.name", self._author.name)
        await self._git("config", "user.email", self._author.emails[0])
