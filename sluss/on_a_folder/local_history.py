"""What the commits of a folder that nobody was given yet brought, as the gate of a push sees it."""

from contextlib import suppress
from pathlib import Path

from adapters.bare_repositories.command import GitCommand, git_path
from adapters.bare_repositories.host import BareRepositories
from core.errors import SlussError
from core.gate.facts import PastFile

NEWEST = "HEAD^{commit}"
GIVEN_AWAY = "@{upstream}^{commit}"


async def local_history(folder: Path, limit: int) -> tuple[PastFile, ...] | None:
    """All of it where the branch follows none. None: no git here, or no commit to look at."""
    git_folder = folder / ".git"
    if not git_folder.is_dir():  # not the top of a work tree
        return None
    with suppress(SlussError):
        git = GitCommand(git_folder, git=git_path())
        newest = await _commit(git, NEWEST)
        if newest:
            host = BareRepositories(lambda _: git_folder)
            return await host.past_files("", newest, await _commit(git, GIVEN_AWAY), limit)
    return None


async def _commit(git: GitCommand, name: str) -> str:
    code, output = await git.attempt("rev-parse", "--verify", "--quiet", name)
    return output.decode("ascii", "replace").strip() if code == 0 else ""
