"""Does what a data scientist does in a work tree, and reads what is left in the repository."""

from pathlib import Path

from sluss.commands.add import Added, add
from sluss.home.address import write_address
from tests.adapters.bare_repositories.bare_world import git

NOBODY = "http://127.0.0.1:1"  # nothing listens on port 1


def commit(work: Path, subject: str = "Change", **env: str) -> str:
    git(work, "commit", "--quiet", "--allow-empty", "-m", subject, **env)
    return git(work, "rev-parse", "HEAD")


def push(work: Path, *refs: str, remote: str = "origin", **env: str) -> str:
    return git(work, "push", remote, *(refs or ("main",)), **env)


def bring(work: Path, home: Path, url: str, **more) -> Added:
    """Add it to a home whose gateway serves at the URL."""
    write_address(home, url)
    return add(work, home=home, team="credit_risk", **more)


def outgoing(home: Path) -> list[str]:
    folder = home / "repositories" / "loan_default.git" / "sluss" / "outgoing"
    return sorted(path.name for path in folder.glob("*"))
