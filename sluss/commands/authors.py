"""Who wrote a repository that is brought on board, and is known to nobody yet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from core.authority.mappings import how_to_map_in_the_shell, readable
from sluss.commands.candidate import git
from sluss.commands.people import unknown
from sluss.home.settings import Settings
from sluss.home.this_program import this_program

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
    sluss = this_program(settings.home)
    yield HOW.format(how=how_to_map_in_the_shell(one or "ADDRESS", sluss))


def _addresses(path: Path) -> list[str]:
    """Ask git; a repository without a commit has none."""
    words = (f"--max-count={LAST}", "--no-mailmap", "--format=%ae%n%ce", "HEAD", "--")
    done = git("log", path, *words)
    return done.stdout.decode(errors="replace").split("\n")[:-1] if done.returncode == 0 else []
