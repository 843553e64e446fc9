"""A bare repository in a temporary folder, and commits made in it with plain git."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from adapters.bare_repositories.host import BareRepositories
from adapters.bare_repositories.reviews import BareReviews
from adapters.git.tree import TreeLimits

SMALL = TreeLimits(file_bytes=1000, total_bytes=2500, files=6)


def git(folder: Path, *words: str, stdin: bytes = b"", **env: str) -> str:
    """Alike on every machine: no settings but these, and time stands still."""
    done = subprocess.run(
        ["git", "-C", str(folder), "-c", "init.defaultBranch=main", *words],
        input=stdin,
        capture_output=True,
        check=True,
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Astrid Lund",
            "GIT_AUTHOR_EMAIL": "astrid@bank.example",
            "GIT_COMMITTER_NAME": "Astrid Lund",
            "GIT_COMMITTER_EMAIL": "astrid@bank.example",
            **env,
        },
    )
    return (done.stdout + done.stderr).decode().strip()


class WorkTree:
    """A work tree, and the bare repository ``folder`` that each of its commits is pushed to."""

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder = folder
        self._work = work
        self._work.mkdir()
        git(self._work, "init", "--quiet")

    def commit(
        self,
        files: Mapping[str, bytes | None],
        *,
        subject: str = "Change",
        author: tuple[str, str] = ("Astrid Lund", "astrid@bank.example"),
        committer: tuple[str, str] = ("Astrid Lund", "astrid@bank.example"),
        links: Mapping[str, str] | None = None,
    ) -> str:
        for name, data in files.items():
            path = self._work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink() if data is None else path.write_bytes(data)
        for name, target in (links or {}).items():
            (self._work / name).symlink_to(target)
        git(self._work, "add", "--all")
        git(
            *(self._work, "commit", "--quiet", "--allow-empty", "-m", subject),
            GIT_AUTHOR_NAME=author[0],
            GIT_AUTHOR_EMAIL=author[1],
            GIT_COMMITTER_NAME=committer[0],
            GIT_COMMITTER_EMAIL=committer[1],
        )
        return self.push()

    def commit_tree(self, tree: bytes, *parents: str) -> str:
        """A commit of a tree that no work tree could hold: lines as of ``git ls-tree``."""
        made = git(self.folder, "mktree", "--missing", stdin=tree)
        of = [word for parent in parents for word in ("-p", parent)]
        return git(self.folder, "commit-tree", "-m", "By hand", *of, made)

    def blob(self, data: bytes) -> str:
        return git(self.folder, "hash-object", "-w", "--stdin", stdin=data)

    def push(self) -> str:
        git(self._work, "push", "--quiet", "--force", str(self.folder), "HEAD:refs/heads/main")
        return git(self._work, "rev-parse", "HEAD")


class BareWorld(WorkTree):
    repository = "b0b0"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "loans.git", folder / "work")
        git(folder, "init", "--quiet", "--bare", str(self.folder))
        find = {self.repository: self.folder}.get
        self.host, self.reviews = BareRepositories(find), BareReviews(find)

    def limited(self) -> BareRepositories:
        return BareRepositories({self.repository: self.folder}.get, limits=SMALL)

    def seen(self, commit: str) -> str:
        return git(self.folder, "log", "-1", "--notes=sluss", commit)

    def leave_test_report(self, commit: str, junit: bytes) -> None:
        git(self.folder, "notes", "--ref=junit", "add", "-F", "-", commit, stdin=junit)
