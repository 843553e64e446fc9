"""Applies fixes to a folder: only inside it, through no link, and over no uncommitted work."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from adapters.git.command import git_environment, git_path
from core.errors import SettingsError, SlussError
from workers.gate.fixes import Create, Fix, Rewrite

FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
GIT_SECONDS: Final = 30.0
DIRTY: Final = (
    "{paths} {has} changes that are not committed. Nothing was changed; commit or stash them, so "
    "that git can bring them back, and try again."
)
CHANGED: Final = "{path} is not as it was read. It was left alone; try again."
OUTSIDE: Final = "{path} is outside the folder. It was left alone."
NOT_DONE: Final = (
    "{path} could not be written ({why}). It was left alone; what is told above is done."
)


class NotFixedError(SlussError):
    """A fix was not applied."""


def apply(root: Path, fixes: Sequence[Fix]) -> Iterator[str]:
    """Apply the fixes and yield a line for each. Raise NotFixedError at the first that fails."""
    _refuse_dirty(root, [fix.path for fix in fixes if not isinstance(fix, Create)])
    for fix in fixes:
        try:
            _apply(root, fix)
        except OSError as error:
            why = NOT_DONE.format(path=fix.path, why=error.strerror)
            raise NotFixedError(why) from error
        yield fix.describe()


def _refuse_dirty(root: Path, paths: Sequence[str]) -> None:
    """Refuse files with uncommitted changes; outside of git there is nothing to compare with."""
    found: list[str] = []
    with suppress(SettingsError, OSError, subprocess.SubprocessError):
        found = _dirty(root, paths) if paths else []
    if found:
        has = "has" if len(found) == 1 else "have"
        raise NotFixedError(DIRTY.format(paths=", ".join(found), has=has))


def _dirty(root: Path, paths: Sequence[str]) -> list[str]:
    """Ask git what has changed, without settings of the folder that would start programs."""
    git = git_path()
    off = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
    words = (git, *off, "status", "--porcelain", "-z", "--untracked-files=no", "--", *paths)
    done = subprocess.run(  # noqa: S603 - git by its full path, names behind "--"
        words,
        cwd=root,
        env={**git_environment(git), "GIT_LITERAL_PATHSPECS": "1"},
        capture_output=True,
        timeout=GIT_SECONDS,
        check=True,
    )
    return [entry[3:] for entry in done.stdout.decode(errors="replace").split("\0") if entry]


def _apply(root: Path, fix: Fix) -> None:
    path = PurePosixPath(fix.path)
    if path.is_absolute() or ".." in path.parts:
        raise NotFixedError(OUTSIDE.format(path=path))
    with _folder(root, path.parent, is_made=isinstance(fix, Create)) as folder:
        if isinstance(fix, Create):
            _write_new(folder, path.name, fix.text.encode(), 0o666)
        elif isinstance(fix, Rewrite):
            _rewrite(folder, path.name, fix)
        else:
            _rename(folder, path.name, PurePosixPath(fix.to).name)


@contextmanager
def _folder(root: Path, inside: PurePosixPath, *, is_made: bool) -> Iterator[int]:
    """Open the folder step by step, so that no link on the way leads out of the root."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in inside.parts:
            if is_made:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=folder)
            below = os.open(name, FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        yield folder
    finally:
        os.close(folder)


def _write_new(folder: int, name: str, data: bytes, mode: int) -> None:
    with os.fdopen(os.open(name, NEW, mode, dir_fd=folder), "wb") as file:
        file.write(data)


def _rewrite(folder: int, name: str, fix: Rewrite) -> None:
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode & 0o777
        if file.read(len(fix.old) + 1) != fix.old:
            raise NotFixedError(CHANGED.format(path=fix.path))
    draft = f".{name}.{os.getpid()}"
    try:
        _write_new(folder, draft, fix.new, mode)
        os.chmod(draft, mode, dir_fd=folder)
        os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=folder)


def _rename(folder: int, name: str, to: str) -> None:
    """Rename by a hard link, which unlike a rename never replaces an existing file."""
    os.link(name, to, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    os.unlink(name, dir_fd=folder)
