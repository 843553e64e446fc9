"""Who wrote a repository that is brought on board, and is known to nobody yet."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from adapters.bare_repositories.command import git_environment, git_path
from core.authority.mappings import how_to_map_in_the_shell, readable
from sluss.commands.people import unknown
from sluss.home.settings import Settings

LAST: Final = 100  # commits
SHOWN: Final = 5
LONGEST: Final = 80
WHO: Final = (
    "Unknown to people.yml, in its last {last} commits: {addresses}. Whoever wrote under one might "
    "approve their own work, so it blocks requests and approvals until it is known whose it is."
)
HOW: Final = "Enter it in people.yml. Or: {how}"


def unknown_authors(path: Path, settings: Settings) -> Iterator[str]:
    """Name the addresses of authors and committers that block, and what makes them known."""
    found = unknown(settings, _addresses(path.expanduser().absolute()))
    if not found:
        return
    shown = ", ".join(readable(address)[:LONGEST] or "(empty)" for address in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    yield WHO.format(last=LAST, addresses=shown + more)
    one = found[0].strip() if len(found) == 1 else ""
    yield HOW.format(how=how_to_map_in_the_shell(one or "ADDRESS"))


def _addresses(path: Path) -> list[str]:
    """Ask git; a repository without a commit has none."""
    git = git_path()
    words = ("log", f"--max-count={LAST}", "--no-mailmap", "--format=%ae%n%ce", "HEAD", "--")
    done = subprocess.run(  # noqa: S603 - no word of it comes from a repository
        [git, "-C", str(path), *words], capture_output=True, check=False, env=git_environment(git)
    )
    return done.stdout.decode(errors="replace").split("\n")[:-1] if done.returncode == 0 else []
