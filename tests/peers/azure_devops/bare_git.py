"""A bare repository on disk, worked on by git itself and without a work tree."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

NOTHING = "0" * 40  # git's name for a ref that is not there
SCRATCH = "refs/scratch/commit"  # fast-import wants a ref; it is gone when the import ends
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "LC_ALL": "C",
}
COMMIT_FORMAT = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"

Files = Mapping[str, str | bytes | None]


@dataclass(frozen=True)
class Signature:
    """Who, in the words of git, and when (ISO 8601)."""

    name: str
    email: str
    date: str


@dataclass(frozen=True)
class Commit:
    id: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    comment: str


class GitRefusedError(Exception):
    """Git ended with an error; its own words."""


class BareGit:
    """Commands on one bare repository; every object is git's own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, default_branch: str) -> None:
        self.path.mkdir(parents=True)
        self.run("init", "--bare", "--quiet", f"--initial-branch={default_branch}")

    def run(self, *arguments: str, stdin: bytes = b"") -> str:
        result = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            env=ENVIRONMENT,
        )
        if result.returncode:
            raise GitRefusedError(result.stderr.decode())
        return result.stdout.decode()

    def refs(self) -> dict[str, str]:
        lines = self.run("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def has_ref(self, name: str) -> bool:
        """Look without a process of git's own: lists of repositories ask this of each."""
        packed = self.path / "packed-refs"
        is_packed = packed.is_file() and f" {name}\n" in packed.read_text("utf-8")
        return is_packed or (self.path / name).is_file()

    def commit(self, files: Files, parents: Sequence[str], author: Signature, message: str) -> str:
        """Write a commit on the first parent's tree; a file that is None is deleted. No ref moves."""
        return self.run(
            "fast-import", "--quiet", "--force", stdin=_import(files, parents, author, message)
        ).strip()

    def commit_tree(
        self, tree: str, parents: Sequence[str], author: Signature, message: str
    ) -> str:
        signed = {
            **{f"GIT_AUTHOR_{key}": value for key, value in _signed(author).items()},
            **{f"GIT_COMMITTER_{key}": value for key, value in _signed(author).items()},
        }
        flags = [flag for parent in parents for flag in ("-p", parent)]
        command = ["git", "-C", str(self.path), "commit-tree", tree, *flags]
        result = subprocess.run(
            command,
            input=message.encode(),
            capture_output=True,
            check=True,
            env=ENVIRONMENT | signed,
        )
        return result.stdout.decode().strip()

    def merged_tree(self, ours: str, theirs: str) -> str | None:
        """The tree of a merge, or None where the two are in conflict."""
        try:
            return self.run("merge-tree", "--write-tree", ours, theirs).split("\n", 1)[0]
        except GitRefusedError:
            return None

    def read(self, commit: str) -> Commit:
        line = self.run("show", "-s", f"--format={COMMIT_FORMAT}", f"{commit}^{{commit}}")
        made, tree, parents, *people, comment = line.split("\0")
        author, committer = Signature(*people[:3]), Signature(*people[3:])
        return Commit(made, tree, tuple(parents.split()), author, committer, comment.rstrip("\n"))

    def rev_list(self, *arguments: str) -> list[str]:
        return self.run("rev-list", *arguments).split()

    def update_refs(self, updates: Mapping[str, str]) -> None:
        """Move refs all at once; NOTHING deletes one."""
        lines = [
            f"delete {ref}" if new == NOTHING else f"update {ref} {new}"
            for ref, new in updates.items()
        ]
        self.run("update-ref", "--stdin", stdin="\n".join(lines).encode() + b"\n")

    def prune(self) -> None:
        """Throw away whatever no ref reaches."""
        self.run("reflog", "expire", "--expire=now", "--all")
        self.run("gc", "--quiet", "--prune=now")


def _signed(who: Signature) -> dict[str, str]:
    return {"NAME": who.name, "EMAIL": who.email, "DATE": who.date}


def _import(files: Files, parents: Sequence[str], author: Signature, message: str) -> bytes:
    seconds = int(datetime.fromisoformat(author.date).timestamp())
    signed = f"{author.name} <{author.email}> {seconds} +0000"
    lines = [f"commit {SCRATCH}", "mark :1", f"author {signed}", f"committer {signed}"]
    stream = "\n".join(lines).encode() + b"\n" + _data(message.encode())
    for word, parent in zip(["from", *["merge"] * len(parents)], parents, strict=False):
        stream += f"{word} {parent}\n".encode()
    for path, content in files.items():
        stream += _change(path, content)
    return stream + b"\nget-mark :1\n" + f"reset {SCRATCH}\nfrom {NOTHING}\n\n".encode()


def _change(path: str, content: str | bytes | None) -> bytes:
    if content is None:
        return f"D {path}\n".encode()
    body = content.encode() if isinstance(content, str) else content
    return f"M 100644 inline {path}\n".encode() + _data(body)


def _data(body: bytes) -> bytes:
    return f"data {len(body)}\n".encode() + body + b"\n"
