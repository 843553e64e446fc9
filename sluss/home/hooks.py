"""The hooks of a home's repositories: what they are told, and what they kept meanwhile."""

import logging
import os
from pathlib import Path
from typing import Final

from adapters.bare_repositories.install_hook import (
    HookSettings,
    install_hook,
    is_hook_of,
    send_left_over,
    served_by_hook,
)
from adapters.git.command import git_path
from core.errors import SettingsError
from core.platform import Repository
from sluss.home.address import address_file
from sluss.home.settings import (
    HOOK_SECRET,
    HOOK_USER,
    PLATFORM_FILE,
    SECRETS_FOLDER,
    read_platform,
    repository_folder,
)
from sluss.home.this_program import this_program

SERVES_ANOTHER: Final = (
    "Pushes to {path} go to another server, whose home is {other}. Nothing was added; take it out "
    "of the platform.yml there, or add a work tree instead, which gets a repository of its own."
)
LEFT: Final = (
    "The hook of {name} was left as it is, and may not find this server ({why}). Pushes stay where "
    "they are; mend that, and start again."
)
NOT_TAKEN: Final = (
    "Pushes to {path} go to another server, whose home is {other}. Its hook was left as it is, and "
    "none of them comes here; take the repository out of one platform.yml of the two."
)
MOVED: Final = (
    "{name} was at {was}, and is at {folder} now. A work tree that pushed there has to be led "
    "here; this adds nothing, and prints the command for it: `{command}`"
)
log = logging.getLogger(__name__)


def hook_settings(repository: Repository, home: Path) -> HookSettings:
    """Return what the hook of a repository is told: where to look, and never the secret itself."""
    return HookSettings(
        repository=repository.id,
        name=repository.name,
        release_branch=repository.release_branch,
        address_file=str(address_file(home)),
        user=HOOK_USER,
        password_file=str(home.absolute() / SECRETS_FOLDER / HOOK_SECRET),
        git=git_path(),
    )


def refuse_hook_of_another_home(folder: Path, home: Path) -> None:
    """Raise SettingsError while a home that is still there has the repository on board."""
    if other := _other_home(folder, home):
        raise SettingsError(SERVES_ANOTHER.format(path=folder, other=other))


def _other_home(folder: Path, home: Path) -> Path | None:
    """Return the home that the hook serves, where it is another and still has it on board."""
    served, file = served_by_hook(folder)
    is_told = served and file.is_absolute()  # by an older hook it is not
    is_ours = os.path.realpath(file.parent) == os.path.realpath(home)
    return file.parent if is_told and not is_ours and _has_on_board(file.parent, served) else None


def _has_on_board(home: Path, repository: str) -> bool:
    """Tell whether a home has it; one that is there and cannot be read may."""
    file = home / PLATFORM_FILE
    try:
        file.lstat()
        is_read = file.is_file()  # a link to a file that is away, or a pipe, is none
        return not is_read or read_platform(home).repository(repository) is not None
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError, SettingsError):
        return True


async def resend(home: Path) -> int:
    """Bring every hook up to date, and send the pushes that were kept; return how many went.

    An older start wrote the hooks, maybe of another home or with a Python that is gone. A folder
    whose hook serves another home is left alone, and one that cannot be written ends no start.
    """
    sent = 0
    for repository in read_platform(home).repositories:
        folder = Path(repository.location)
        if not repository.location or not is_hook_of(folder, repository.id):
            continue
        is_kept = folder == repository_folder(home, repository.name)  # a copied home has its own
        if not is_kept and (other := _other_home(folder, home)):
            _warn(NOT_TAKEN.format(path=folder, other=other))
            continue
        if is_kept:
            _tell_of_a_move(repository, home)
        try:
            install_hook(folder, hook_settings(repository, home))
        except (SettingsError, OSError) as error:
            why = getattr(error, "strerror", None) or error
            _warn(LEFT.format(name=repository.name, why=why))
        sent += await send_left_over(folder)
    return sent


def _tell_of_a_move(repository: Repository, home: Path) -> None:
    """Say where a repository is that was in another place at the last start, and is not there."""
    name, folder = repository.name, Path(repository.location)
    _, file = served_by_hook(folder)
    was = repository_folder(file.parent, name)
    if file.is_absolute() and not os.path.lexists(was):
        called = this_program(home)
        command = called("add", "WORK_TREE", "--team", repository.team, "--name", name)
        told = MOVED.format(name=name, was=was, folder=folder, command=command)
        _warn(told, "repository_has_moved")


def _warn(words: str, action: str = "hook_left_as_it_is") -> None:
    log.warning("%s", words, extra={"action": action})
