"""``sluss add PATH``: bring a model repository on board."""

import fcntl
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from adapters.bare_repositories.install_hook import install_hook, is_hook_of
from core.errors import SettingsError
from core.platform import Repository
from core.words import PLATFORM, Stream
from sluss.commands.candidate import (
    HEADS,
    Candidate,
    git,
    git_command,
    looked_at,
    says,
    says_as_pushed,
)
from sluss.home import platform_file
from sluss.home.hooks import hook_settings, refuse_hook_of_another_home
from sluss.home.settings import (
    PLATFORM_FILE,
    REPOSITORY_NAME,
    Settings,
    read_platform,
    repository_folder,
)

BAD_NAME: Final = (
    "The name {name!r} cannot be used. Nothing was added; give --name with letters, digits, '_' "
    "and '.', and not {platform!r}."
)
BAD_TEAM: Final = (
    "The team {team!r} cannot be used. Nothing was added; give --team the name of one, in one line."
)
TAKEN: Final = (
    "There is a repository called {name!r} at {location} already. Nothing was added; "
    "for another repository give another name with --name."
)
LEADS_ELSEWHERE: Final = (
    "The remote {remote} of {path} leads to {url}, and no push to that comes here. Lead it to this "
    "home with:\n  {command}"
)
FOLDER_TAKEN: Final = (
    "{path} is there already, but not in platform.yml. Nothing was added; "
    "give another name with --name, or move the folder away."
)
GIT_FAILED: Final = (
    "git {verb} failed for {path}. The repository was not added; see why:\n  {command}"
)
NO_REMOTE: Final = (
    "{name} is on board, but git could not give {path} a remote for it. Nothing was pushed; "
    "mend that, then push to it:\n  {command}"
)

AT_AZURE_DEVOPS: Final = (
    "SLUSS_AZURE_DEVOPS says that code is at {address}, and this makes repositories of this "
    "machine. Nothing was added; push yours to a repository of a project there, and put it below "
    "repositories of {file} with its id there."
)

ON_BOARD: Final = "{name} is on board. Pushes to its branch {branch} become releases."
PUSH_IT: Final = "Push it, and the gate looks at it:"
UNSIGNED: Final = "git is set to sign each push, which none takes here: say --no-signed each time."


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """The new repository, and how its work tree pushes to it: "" for a bare repository."""

    repository: Repository
    remote: str
    push: str = ""
    is_unsigned: bool = False


def told(added: Added) -> Iterator[str]:
    """Say that it is on board, and the one command that makes its first release."""
    name, branch = added.repository.name, added.repository.release_branch
    yield ON_BOARD.format(name=name, branch=branch)
    if added.push:
        yield PUSH_IT
        yield f"  {added.push}"
    if added.is_unsigned:
        yield UNSIGNED


def refuse_code_elsewhere(settings: Settings) -> None:
    """Raise SettingsError where the next start would refuse what is added."""
    if settings.azure_devops:
        file = settings.home / PLATFORM_FILE
        raise SettingsError(AT_AZURE_DEVOPS.format(address=settings.azure_devops, file=file))


def add(
    path: Path,
    *,
    home: Path,
    team: str,
    name: str = "",
    release_branch: str = "",
    is_copied: bool = True,
) -> Added:
    """Make ``<home>/repositories/<name>.git`` the remote of a work tree, or take a bare one as is.

    Without a ``release_branch`` it is main, or else master, or else the one that is checked out.
    Without ``is_copied`` the new repository is empty, and the first push brings everything.
    """
    path = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - folds ``..``, follows no link
    source = looked_at(path, release_branch)
    name = name or _name_of(path)
    if not REPOSITORY_NAME.fullmatch(name) or name == PLATFORM:
        raise SettingsError(BAD_NAME.format(name=name, platform=PLATFORM))
    if not team.strip() or not team.isprintable():
        raise SettingsError(BAD_TEAM.format(team=team))
    bare = path if source.is_bare else repository_folder(home, name)
    repository = Repository(
        # The id is not the name, as a later repository of that name starts again with push 1.
        id=str(uuid.uuid4()),
        name=Stream(name),
        team=team,
        release_branch=source.branch,
        location=str(bare),
    )
    with _one_at_a_time(home):
        _refuse_taken(home, repository, source)
        if source.is_bare:
            _take(repository, home)
            return Added(repository=repository, remote="")
        with _undone_on_error(bare):
            _make_bare(source, bare, is_copied=is_copied)
            _register(repository, home)
        return _with_remote(source, repository)


def _name_of(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_.]", "_", path.name.removesuffix(".git"))


def _refuse_taken(home: Path, wanted: Repository, source: Candidate) -> None:
    for known in read_platform(home).repositories:
        is_same = known.name.casefold() == wanted.name.casefold()
        is_there = bool(known.location) and _place(known.location) == _place(wanted.location)
        if is_same or is_there:
            taken = TAKEN.format(name=known.name, location=known.location)
            raise SettingsError("\n".join((taken, *_led_elsewhere(source, known))))
    folder = repository_folder(home, wanted.name)
    if folder.exists() and wanted.location == str(folder):
        raise SettingsError(FOLDER_TAKEN.format(path=folder))


def _place(location: str) -> str:
    """Where it is, whatever links lead there."""
    return os.path.realpath(location)


def _led_elsewhere(source: Candidate, known: Repository) -> Iterator[str]:
    """Say how a work tree whose pushes go to where a home was, or to its copy, gets to this one."""
    path = source.path
    is_pushed = known.location and not source.is_bare
    remotes = says(path, "remote").split() if is_pushed else []
    all_ = {remote: Path(says(path, "config", f"remote.{remote}.url")) for remote in remotes}
    folders = {remote: folder for remote, folder in all_.items() if folder.is_absolute()}
    if any(_place(str(folder)) == _place(known.location) for folder in folders.values()):
        return
    for remote, url in folders.items():
        if _was_at(url, known):
            command = git_command(path, "remote", "set-url", remote, known.location)
            yield LEADS_ELSEWHERE.format(remote=remote, path=path, url=url, command=command)
            return


def _was_at(folder: Path, known: Repository) -> bool:
    is_of_a_home = folder == repository_folder(folder.parent.parent, known.name)
    return (is_of_a_home and not os.path.lexists(folder)) or is_hook_of(folder, known.id)


def _make_bare(source: Candidate, bare: Path, *, is_copied: bool) -> None:
    bare.parent.mkdir(mode=0o700, exist_ok=True)
    if is_copied:
        words = ("--bare", "--quiet", "--no-hardlinks", "--template=", ".", str(bare))
        _run("clone", source.path, *words)
    else:
        # Git before 2.29 has no such option; asked for the format it gives the question back.
        is_new = source.object_format == "sha256"
        other = (f"--object-format={source.object_format}",) if is_new else ()
        _run("init", source.path, "--bare", "--quiet", "--template=", *other, str(bare))
    _run("symbolic-ref", bare, "HEAD", f"{HEADS}{source.branch}")
    # The reflog keeps what a force push has replaced.
    _run("config", bare, "core.logAllRefUpdates", "true")
    # Nobody reads the options of a push here, but git refuses one that has some.
    _run("config", bare, "receive.advertisePushOptions", "true")


def _take(repository: Repository, home: Path) -> None:
    """Take a bare repository as it is, one home at a time: another may be doing so right now."""
    bare = Path(repository.location)
    with _locked(bare):
        refuse_hook_of_another_home(bare, home)
        _register(repository, home)


def _register(repository: Repository, home: Path) -> None:
    install_hook(Path(repository.location), hook_settings(repository, home))
    platform_file.append(home, repository)


def _with_remote(source: Candidate, repository: Repository) -> Added:
    """Add the remote ``origin``, or ``sluss`` where there is an ``origin`` already.

    A branch that follows another remote keeps it; any other follows ours from its first push on,
    so that the next one needs no words.
    """
    path, branch, location = source.path, source.branch, repository.location
    remote = "sluss" if "origin" in says(path, "remote").split() else "origin"
    # A tag of the same name would make the short one ambiguous, and HEAD is what is checked out.
    is_twice = git("show-ref", path, "--verify", "--quiet", f"refs/tags/{branch}").returncode == 0
    what = f"{HEADS}{branch}" if is_twice or branch == "HEAD" else branch
    is_signed = says_as_pushed(path, "config", "--type=bool", "--get", "push.gpgSign") == "true"
    verb = ("push", "--no-signed") if is_signed else ("push",)
    if not _is_led_to(path, remote, location):
        command = git_command(path, *verb, location, what)
        name = repository.name
        raise SettingsError(NO_REMOTE.format(name=name, path=path, command=command))
    follows = says(path, "config", "--local", f"branch.{branch}.remote")
    words = (remote, what) if follows else ("--set-upstream", remote, what)
    push = git_command(path, *verb, *words)
    return Added(repository=repository, remote=remote, push=push, is_unsigned=is_signed)


def _is_led_to(path: Path, remote: str, location: str) -> bool:
    """Lead the remote there; tell whether a push of this person now goes there.

    Where a setting of theirs puts another address in place of a part of it, the whole of it stands
    for itself: git takes the longest that fits.
    """
    settings = (
        # a remote of that name is an earlier one of ours, and may have more than one address
        (f"remote.{remote}.url", location),
        (f"remote.{remote}.fetch", f"+{HEADS}*:refs/remotes/{remote}/*"),
    )
    itself = ((f"url.{location}.{word}", location) for word in ("insteadOf", "pushInsteadOf"))
    git("config", path, "--local", "--unset-all", f"remote.{remote}.pushurl")
    if not _are_set(path, settings):
        return False
    asked = ("remote", "get-url", "--push", remote)
    if says_as_pushed(path, *asked) == location:
        return True
    return _are_set(path, itself) and says_as_pushed(path, *asked) == location


def _are_set(path: Path, settings: Iterable[tuple[str, str]]) -> bool:
    words = ("--local", "--replace-all")
    return all(git("config", path, *words, *each).returncode == 0 for each in settings)


def _run(verb: str, path: Path, *words: str) -> bytes:
    done = git(verb, path, *words)
    if done.returncode != 0:
        command = git_command(path, "status")
        raise SettingsError(GIT_FAILED.format(verb=verb, path=path, command=command))
    return done.stdout


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
    (home / ".add.lock").touch()
    with _locked(home / ".add.lock"):
        yield


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock on a file or a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
