"""What git says of a repository that somebody brings, and why it could not be pushed."""

import os
import subprocess
from pathlib import Path
from typing import Final

import msgspec

from adapters.bare_repositories.install_hook import refuse_foreign_hook
from adapters.git.command import git_environment, git_path
from core.command_line import typed
from core.errors import SettingsError

HEADS: Final = "refs/heads/"
USUAL: Final = ("main", "master")
# An alias of git names another repository by these, which a push with -C in a shell has not.
PLACES: Final = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"})

NO_FOLDER: Final = "{path} is no folder. Nothing was added; give the folder of a git repository."
NOT_GIT: Final = (
    "{path} is not a git repository. Nothing was added; make one of it, then add it again:"
    "\n  {command}"
)
BROKEN: Final = (
    "git cannot read {path}: it is damaged, or leads to what is away. Nothing was added; see what "
    "git says of it, and mend that or add a clone of it:\n  {command}"
)
INSIDE: Final = "{path} is inside of the repository {top}. Nothing was added; add that one."
PART_OF: Final = (
    "{path} is a part of the repository {top}, or leads to it. Nothing was added; add that one."
)
APART: Final = (
    "{path} is what git keeps of a work tree elsewhere. Nothing was added; add that work tree."
)
NOT_YOURS: Final = (
    "{path} belongs to another user, so that git does not read it. Nothing was added; add a clone "
    "of your own."
)
NO_COMMIT: Final = (
    "{path} has no commit yet. Nothing was added; make the first one, then add it again:"
    "\n  {command}"
)
SHALLOW: Final = (
    "{path} is a shallow clone, which cannot be pushed whole: who had a hand in it is in the rest. "
    "Nothing was added; bring the rest, then add it again:\n  {command}"
)
NO_BRANCH: Final = (
    "{path} is on no branch, and has no branch main. Nothing was added; name the branch whose "
    "pushes become releases with --release-branch, or make one:\n  {command}"
)
NOT_THERE: Final = (
    "{path} has no branch {branch}. Nothing was added; name another with --release-branch, or make "
    "it:\n  {command}"
)
NO_NAME_OF_A_BRANCH: Final = (
    "{branch!r} cannot be the name of a branch. Nothing was added; give another --release-branch."
)
NOT_UTF8: Final = (
    "The path {path!a} is not text that a file can hold. Nothing was added; rename the folder."
)


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """What git says of the repository that is to be added; ``branch`` is the release branch."""

    path: Path
    is_bare: bool
    object_format: str
    branch: str


def looked_at(path: Path, wanted: str) -> Candidate:
    """Ask git. Raise SettingsError for what could not be pushed once it is on board."""
    if not path.is_dir():
        raise SettingsError(NO_FOLDER.format(path=path))
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise SettingsError(NOT_UTF8.format(path=str(path))) from None
    is_bare = _is_bare(path)
    has_commit = says(path, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") != ""
    branch = _release_branch(path, wanted, is_bare=is_bare, has_commit=has_commit)
    if not is_bare and says(path, "rev-parse", "--is-shallow-repository") == "true":
        raise _refused(SHALLOW, path, "fetch", "--unshallow")
    format_ = says(path, "rev-parse", "--show-object-format")
    return Candidate(path=path, is_bare=is_bare, branch=branch, object_format=format_)


def _is_bare(path: Path) -> bool:
    done = git("rev-parse", path, "--is-bare-repository", "--show-prefix", "--show-toplevel")
    is_bare, _, rest = os.fsdecode(done.stdout).partition("\n")
    if is_bare == "true":  # which has no top level, so that git fails in the end
        _refuse_part(path)
        refuse_foreign_hook(path)
        return True
    if b"dubious ownership" in done.stderr:
        raise SettingsError(NOT_YOURS.format(path=path))
    if is_bare == "false" and done.returncode != 0:
        raise _part_of_work_tree(path)
    if done.returncode != 0:
        raise _unread(path, done.stderr)
    prefix, _, rest = rest.partition("\n")
    top = rest.removesuffix("\n")
    # Which repository is meant by a folder inside of a work tree would be a guess.
    if prefix:
        raise SettingsError(INSIDE.format(path=path, top=top))
    if os.path.realpath(top) != os.path.realpath(path):
        raise SettingsError(PART_OF.format(path=path, top=top))
    return False


def _part_of_work_tree(path: Path) -> SettingsError:
    """Name the repository of which this is a part; git lists its main work tree first."""
    first = os.fsdecode(git("worktree", path, "list", "--porcelain").stdout).partition("\n")[0]
    top = first.removeprefix("worktree ")
    if os.path.realpath(top) == os.path.realpath(path):
        return SettingsError(APART.format(path=path))
    return SettingsError(PART_OF.format(path=path, top=top))


def _unread(path: Path, why: bytes) -> SettingsError:
    """Tell what is no repository from one that git cannot read: that one is not made anew."""
    is_none = b"not a git repository (or any" in why  # of the folders that lead here
    if not is_none or any(_is_like_one(each) for each in (path, *path.parents)):
        return _refused(BROKEN, path, "status")
    command = f"{git_command(path, 'init')} && {_first_commit(path)}"
    return SettingsError(NOT_GIT.format(path=path, command=command))


def _is_like_one(folder: Path) -> bool:
    marks = (".git",), ("objects", "refs")
    return any(all(os.path.lexists(folder / each) for each in names) for names in marks)


def _refuse_part(path: Path) -> None:
    """Refuse what is not the repository itself: no hook runs there, and one may spoil its refs."""
    told = git("rev-parse", path, "--absolute-git-dir").stdout.removesuffix(b"\n")
    top = Path(os.fsdecode(told))
    if not top.samefile(path):
        raise SettingsError(PART_OF.format(path=path, top=top))


def _release_branch(path: Path, wanted: str, *, is_bare: bool, has_commit: bool) -> str:
    """Choose it. A bare repository may get its branches later, a work tree pushes at once."""
    is_wrong = git("check-ref-format", path, HEADS + wanted).returncode != 0
    if wanted and (is_wrong or wanted.startswith("-")):
        raise SettingsError(NO_NAME_OF_A_BRANCH.format(branch=wanted))
    checked_out = says(path, "symbolic-ref", "--quiet", "HEAD").removeprefix(HEADS)
    branch = wanted or next((name for name in (*USUAL, checked_out) if _has(path, name)), "")
    is_there = branch != "" and _has(path, branch)
    if not is_there:
        _refuse_broken(path)
    if is_bare:
        return branch or USUAL[0]
    some = says(path, "for-each-ref", "--count=1", "--format=%(refname)", HEADS)
    if not has_commit and not some:
        raise SettingsError(NO_COMMIT.format(path=path, command=_first_commit(path)))
    start = () if has_commit else (some,)
    if not branch:
        raise _refused(NO_BRANCH, path, "checkout", "-b", USUAL[0], *start)
    if not is_there:
        command = git_command(path, "branch", branch, *start)
        raise SettingsError(NOT_THERE.format(path=path, branch=branch, command=command))
    return branch


def _refuse_broken(path: Path) -> None:
    """Refuse a repository that seems to have no such branch as the commit of one is lost."""
    heads = git("for-each-ref", path, "--format=%(objecttype)", HEADS)
    is_torn = heads.returncode != 0 or b"broken ref" in heads.stderr
    head = says(path, "rev-parse", "--verify", "--quiet", "HEAD")
    if is_torn or (head and not says(path, "cat-file", "-t", head)):
        raise _refused(BROKEN, path, "fsck")


def _has(path: Path, branch: str) -> bool:
    return git("show-ref", path, "--verify", "--quiet", HEADS + branch).returncode == 0


def _first_commit(path: Path) -> str:
    commit = git_command(path, "commit", "--allow-empty", "--message", "First version")
    return f"{git_command(path, 'add', '--all')} && {commit}"


def _refused(message: str, path: Path, *words: str) -> SettingsError:
    return SettingsError(message.format(path=path, command=git_command(path, *words)))


def git_command(path: Path, *words: str) -> str:
    return typed("git", "-C", str(path), *words)


def says(path: Path, verb: str, *words: str) -> str:
    """Return what git answers; "" where it knows nothing, or does not know the question."""
    done = git(verb, path, *words)
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def git(verb: str, path: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    program = git_path()
    return subprocess.run(  # noqa: S603 - no word of it comes from a repository
        [program, "-C", str(path), verb, *words],
        capture_output=True,
        check=False,
        env=git_environment(program),
    )


def says_as_pushed(path: Path, verb: str, *words: str) -> str:
    """Return what git answers with the settings of the person and the machine, as a push has them.

    It is for a question alone, and "" where git knows nothing.
    """
    env = {name: value for name, value in os.environ.items() if name not in PLACES}
    done = subprocess.run(  # noqa: S603 - no word of it comes from a repository
        [git_path(), "-C", str(path), verb, *words], capture_output=True, check=False, env=env
    )
    return os.fsdecode(done.stdout).removesuffix("\n") if done.returncode == 0 else ""
