"""The folder of a demo: refused where others use it, deleted at the end, kept with edits in it."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from rich.console import Console

from core.errors import SettingsError, SlussError
from core.platform import Platform
from sluss.demo.repository import DemoRepository
from sluss.home.environment import named_folder
from sluss.home.settings import PLATFORM_FILE, read_platform
from sluss.home.this_program import this_program

HOME: Final = "home"
LOANS: Final = "loan_default"
RULES: Final = "loan_rules"
LEDGER: Final = "ledger.jsonl"

KEPT: Final = "You have changed something in {folder}: it is kept. This goes on there:\n  {command}"
GOES: Final = "Nothing runs any more. {folder} is being deleted."
LEFT: Final = "{folder} could not be deleted whole. Nothing runs there any more; delete the rest."
NO_FOLDER: Final = (
    "The folder {folder} cannot be used ({why}). Nothing was started; name a folder that you may "
    "write to with --keep."
)
NOT_A_FILE: Final = (
    "{path} is no file that the ledger can be written to. Nothing was started; move it away, or "
    "name another folder with --keep."
)
NOT_OURS: Final = (
    "{path} is there already, and no demo has brought it on board. Nothing was started; move it "
    "away, or name another folder with --keep."
)
TOLD: Final = (
    "A demo has been told in {folder} already. Nothing was started; name another folder with "
    "--keep, or go on there without --script."
)


class DemoFolder:
    """The folder of a demo; what a person has changed in it is told from what the demo made."""

    def __init__(self, path: Path, *, is_kept: bool) -> None:
        self.path = path
        self.is_kept = is_kept
        self.has_begun = False  # whether anything has run in it
        self.repository: DemoRepository | None = None
        self._made: object = None

    async def note(self, repository: DemoRepository) -> None:
        """Note how the demo has left everything: from here on a change is a person's."""
        self.repository = repository
        self._made = await self._state(repository)

    async def is_changed(self) -> bool:
        if self.repository is None:
            return False
        try:
            return await self._state(self.repository) != self._made
        except (SlussError, OSError):
            return True

    async def _state(self, repository: DemoRepository) -> object:
        files = {path.name: path.read_bytes() for path in (self.path / HOME).glob("*.yml")}
        return sorted(path.name for path in self.path.iterdir()), files, await repository.state()


@contextlib.asynccontextmanager
async def demo_folder(keep: Path | None, console: Console) -> AsyncIterator[DemoFolder]:
    """Make the folder, and delete it at the end where nobody wants it or has changed it."""
    folder = DemoFolder(_made(keep), is_kept=keep is not None)
    try:
        yield folder
    finally:
        if not folder.is_kept:
            await _delete(folder, console)


def _made(keep: Path | None) -> Path:
    try:
        if keep is not None:
            path = named_folder(keep)
            path.mkdir(parents=True, exist_ok=True)
        else:
            path = Path(tempfile.mkdtemp(prefix="sluss-demo-"))
    except OSError as error:
        where = keep or tempfile.gettempprefix()
        raise SettingsError(NO_FOLDER.format(folder=where, why=error.strerror)) from None
    if not os.access(path, os.W_OK):
        raise SettingsError(NO_FOLDER.format(folder=path, why="this user may not write to it"))
    return path


async def _delete(folder: DemoFolder, console: Console) -> None:
    if await folder.is_changed():
        command = this_program()("demo", "--keep", str(folder.path))
        _tell(console, KEPT.format(folder=folder.path, command=command))
        return
    if folder.has_begun:
        _tell(console, GOES.format(folder=folder.path))
    await asyncio.to_thread(shutil.rmtree, folder.path, ignore_errors=True)
    if folder.path.exists():
        _tell(console, LEFT.format(folder=folder.path))


def _tell(console: Console, text: str) -> None:
    """Say it where somebody still listens: a terminal or a pipe may have ended before us."""
    with contextlib.suppress(OSError, SystemExit):  # Rich ends the process for a broken pipe.
        console.print(text, highlight=False)


def refuse_keep(keep: Path | None, *, is_script: bool) -> None:
    """Make the folder that is to be kept. Raise SettingsError where no demo can run in it."""
    if keep is not None:
        refuse_used(_made(keep), is_script=is_script)


def refuse_used(folder: Path, *, is_script: bool) -> None:
    """Raise SettingsError where something lies in the way of the demo, before anything starts."""
    is_first = not (folder / HOME / PLATFORM_FILE).exists()
    platform = Platform() if is_first else read_platform(folder / HOME)
    known = {repository.name for repository in platform.repositories}
    for name in (LOANS, *([RULES] if is_script else [])):
        if is_script and name in known:
            raise SettingsError(TOLD.format(folder=folder))
        if name not in known and (folder / name).exists():
            raise SettingsError(NOT_OURS.format(path=folder / name))
    if is_script and (folder / LEDGER).exists() and not (folder / LEDGER).is_file():
        raise SettingsError(NOT_A_FILE.format(path=folder / LEDGER))
