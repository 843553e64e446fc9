"""The hooks of a home's repositories: what they are told, and what they kept meanwhile."""

import logging
from pathlib import Path
from typing import Final

from adapters.bare_repositories.command import git_path
from adapters.bare_repositories.install_hook import (
    HookSettings,
    install_hook,
    is_hook_of,
    send_left_over,
    served_by_hook,
)
from core.errors import SettingsError
from core.platform import Repository
from sluss.home.address import address_file
from sluss.home.settings import HOOK_SECRET, HOOK_USER, PLATFORM_FILE, SECRETS_FOLDER, read_platform

SERVES_ANOTHER: Final = (
    "Pushes to {path} go to another server, whose home is {other}. Nothing was added; take it out "
    "of the platform.yml there, or add a work tree instead, which gets a repository of its own."
)
LEFT: Final = (
    "The hook of {name} was left as it is, and may not find this server ({why}). Pushes stay where "
    "they are; mend that, and start again."
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
    served, file = served_by_hook(folder)
    is_told = served and file.is_absolute()  # by an older hook it is not
    if is_told and file != address_file(home) and _has_on_board(file.parent, served):
        raise SettingsError(SERVES_ANOTHER.format(path=folder, other=file.parent))


def _has_on_board(home: Path, repository: str) -> bool:
    """Tell whether a home has it; one that is there and cannot be read may."""
    file = home / PLATFORM_FILE
    try:
        file.lstat()
        is_read = file.is_file()  # a link to a file that is away, or a pipe, is none
        return not is_read or any(
            known.id == repository for known in read_platform(home).repositories
        )
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
        try:
            install_hook(folder, hook_settings(repository, home))
        except (SettingsError, OSError) as error:
            words = LEFT.format(name=repository.name, why=getattr(error, "strerror", None) or error)
            log.warning("%s", words, extra={"action": "hook_left_as_it_is"})
        sent += await send_left_over(folder)
    return sent
