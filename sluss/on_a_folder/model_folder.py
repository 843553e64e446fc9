"""Reads a folder as a model repository, as a commit of its files would look."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from adapters.git.command import GitCommand, git_path
from adapters.git.commit_reader import CommitReader
from core.errors import SlussError
from core.gate.checks import ModelRepo
from core.gate.facts import PastFile
from core.policy import Policy

SKIPPED: Final = frozenset({".git", ".venv", "__pycache__", ".pytest_cache", ".ruff_cache"})
NEWEST = "HEAD^{commit}"
GIVEN_AWAY = "@{upstream}^{commit}"


def read_folder(root: Path, policy: Policy) -> ModelRepo:
    """Read the files; links are listed but not followed, devices and pipes are left out.

    Reading stops beyond the policy's limits: there is too much by then, and the check ``structure``
    says so.
    """
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    left = policy.max_bytes
    for path in _walk(root):
        name = _name(path.relative_to(root))
        if path.is_symlink():
            links[name] = os.fsencode(path.readlink()).decode("utf-8", "replace")
        elif path.is_file():
            files[name] = _read(path, left + 1)
            left -= len(files[name])
        if left < 0 or len(files) > policy.max_files:
            break
    return ModelRepo(files=files, links=links)


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        linked = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in {*SKIPPED, *linked})
        for name in sorted([*names, *linked]):
            yield Path(folder) / name


def _name(path: Path) -> str:
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


async def local_history(folder: Path, limit: int) -> tuple[PastFile, ...] | None:
    """Return the files of commits that the upstream lacks; None without git or without a commit."""
    git_folder = folder / ".git"
    if not git_folder.is_dir():  # The folder is not the top of a work tree.
        return None
    with suppress(SlussError):
        git = GitCommand(git_folder, git=git_path())
        newest = await _commit(git, NEWEST)
        if newest:
            since = await _commit(git, GIVEN_AWAY)
            return await CommitReader(git).past_files(newest, since, limit)
    return None


async def _commit(git: GitCommand, name: str) -> str:
    code, output = await git.attempt("rev-parse", "--verify", "--quiet", name)
    return output.decode("ascii", "replace").strip() if code == 0 else ""
