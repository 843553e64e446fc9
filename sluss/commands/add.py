"""``sluss add PATH``: bring a model repository on board."""

import fcntl
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from adapters.bare_repositories.command import git_environment, git_path
from adapters.bare_repositories.install_hook import (
    HookSettings,
    install_hook,
    move_receiver,
    refuse_foreign_hook,
    send_left_over,
)
from core.errors import SettingsError
from core.platform import Repository
from core.words import PLATFORM, Stream
from sluss.home import platform_file
from sluss.home.settings import (
    HOOK_SECRET,
    HOOK_USER,
    REPOSITORY_NAME,
    SECRETS_FOLDER,
    read_platform,
)

HOOK_PATH: Final = "/hooks/azure-devops"

NOT_GIT: Final = (
    "{path} is not a git repository. Nothing was added; run 'git init' and a first commit there, "
    "then add it again."
)
BAD_NAME: Final = (
    "The name {name!r} cannot be used. Nothing was added; give --name with letters, digits, '_' "
    "and '.', and not {platform!r}."
)
TAKEN: Final = (
    "There is a repository called {name!r} at {location} already. Nothing was added; "
    "for another repository give another name with --name."
)
FOLDER_TAKEN: Final = (
    "{path} is there already, but not in platform.yml. Nothing was added; "
    "give another name with --name, or move the folder away."
)
GIT_FAILED: Final = (
    "git {verb} failed for {path}. The repository was not added; "
    "run 'git -C {path} status' to see why."
)


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """The new repository; ``remote`` is what its work tree pushes to, "" for a bare repository."""

    repository: Repository
    remote: str


def add(
    path: Path,
    *,
    home: Path,
    team: str,
    name: str = "",
    release_branch: str = "main",
    receiver_url: str,
    is_copied: bool = True,
) -> Added:
    """Make ``<home>/repositories/<name>.git`` the remote of a work tree, or take a bare one as is.

    ``receiver_url`` is the server's address, with or without the path of the service hooks.
    Without ``is_copied`` the new repository is empty, and the first push brings everything.
    """
    path = path.expanduser().absolute()
    is_bare = _is_bare(path)
    name = name or _name_of(path)
    if not REPOSITORY_NAME.fullmatch(name) or name == PLATFORM:
        raise SettingsError(BAD_NAME.format(name=name, platform=PLATFORM))
    bare = path if is_bare else home / "repositories" / f"{name}.git"
    repository = Repository(
        # The id is not the name, as a later repository of that name starts again with push 1.
        id=str(uuid.uuid4()),
        name=Stream(name),
        team=team,
        release_branch=release_branch,
        location=str(bare),
    )
    with _one_at_a_time(home):
        _refuse_taken(home, repository)
        if is_bare:
            _register(repository, home, receiver_url)
            return Added(repository=repository, remote="")
        with _undone_on_error(bare):
            _make_bare(path, bare, is_copied=is_copied, release_branch=release_branch)
            _register(repository, home, receiver_url)
        return Added(repository=repository, remote=_add_remote(path, bare))


async def resend(home: Path, receiver_url: str = "") -> int:
    """Send the pushes that were kept while the server was down; return how many were sent.

    ``receiver_url`` tells every hook where the server is now.
    """
    sent = 0
    for folder in _folders(home):
        if receiver_url:
            move_receiver(folder, _receiver(receiver_url))
        sent += await send_left_over(folder)
    return sent


def _folders(home: Path) -> list[Path]:
    located = (known.location for known in read_platform(home).repositories)
    return [Path(location) for location in located if location and Path(location).is_dir()]


def _is_bare(path: Path) -> bool:
    done = _git("rev-parse", path, "--is-bare-repository", "--show-prefix")
    if done.returncode != 0:
        raise SettingsError(NOT_GIT.format(path=path))
    is_bare, _, prefix = done.stdout.decode().partition("\n")
    # The path is a folder inside a work tree; which repository is meant would be a guess.
    if prefix.strip():
        raise SettingsError(NOT_GIT.format(path=path))
    if is_bare == "true":
        refuse_foreign_hook(path)
    return is_bare == "true"


def _name_of(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_.]", "_", path.name.removesuffix(".git"))


def _refuse_taken(home: Path, wanted: Repository) -> None:
    for known in read_platform(home).repositories:
        is_same = known.name.casefold() == wanted.name.casefold()
        if is_same or known.location == wanted.location:
            raise SettingsError(TAKEN.format(name=known.name, location=known.location))
    folder = home / "repositories" / f"{wanted.name}.git"
    if folder.exists() and wanted.location == str(folder):
        raise SettingsError(FOLDER_TAKEN.format(path=folder))


def _make_bare(path: Path, bare: Path, *, is_copied: bool, release_branch: str) -> None:
    bare.parent.mkdir(mode=0o700, exist_ok=True)
    if is_copied:
        _run("clone", path, "--bare", "--quiet", "--no-hardlinks", "--template=", ".", str(bare))
    else:
        _run("init", path, "--bare", "--quiet", "--template=", str(bare))
    _run("symbolic-ref", bare, "HEAD", f"refs/heads/{release_branch}")
    # The reflog keeps what a force push has replaced.
    _run("config", bare, "core.logAllRefUpdates", "true")


def _register(repository: Repository, home: Path, receiver_url: str) -> None:
    install_hook(Path(repository.location), _hook(repository, home, _receiver(receiver_url)))
    platform_file.append(home, repository)


def _add_remote(path: Path, bare: Path) -> str:
    """Add the remote ``origin``, or ``sluss`` where there is an ``origin`` already."""
    remotes = _run("remote", path).decode().split()
    remote = "sluss" if "origin" in remotes else "origin"
    verb = "set-url" if remote in remotes else "add"
    _run("remote", path, verb, remote, str(bare))
    return remote


def _hook(repository: Repository, home: Path, receiver_url: str) -> HookSettings:
    return HookSettings(
        repository=repository.id,
        name=repository.name,
        release_branch=repository.release_branch,
        receiver_url=receiver_url,
        user=HOOK_USER,
        password_file=str(home.absolute() / SECRETS_FOLDER / HOOK_SECRET),
        git=git_path(),
    )


def _receiver(url: str) -> str:
    return url if url.endswith(HOOK_PATH) else url.rstrip("/") + HOOK_PATH


def _run(verb: str, path: Path, *words: str) -> bytes:
    done = _git(verb, path, *words)
    if done.returncode != 0:
        raise SettingsError(GIT_FAILED.format(verb=verb, path=path))
    return done.stdout


def _git(verb: str, path: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    git = git_path()
    return subprocess.run(  # noqa: S603 - no word of it comes from a repository
        [git, "-C", str(path), verb, *words],
        capture_output=True,
        check=False,
        env=git_environment(git),
    )


@contextmanager
def _undone_on_error(bare: Path) -> Iterator[None]:
    """Remove the new repository after an error, as half of one would block the next try."""
    try:
        yield
    except (SettingsError, OSError):
        shutil.rmtree(bare, ignore_errors=True)
        raise


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Hold a lock on the home, as two people who add at once would overwrite each other's entry."""
    with (home / ".add.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
