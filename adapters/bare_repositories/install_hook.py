"""Puts the post-receive hook into a bare repository, and sends the pushes that it has kept."""

import asyncio
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

from adapters.bare_repositories import hook
from adapters.git.command import git_environment, git_path
from core.errors import DECODE_ERRORS, SettingsError
from core.platform import canonical_id

FOLDER: Final = "sluss"
PROGRAM: Final = "push_hook.py"
SETTINGS: Final = "hook.json"
HOOKS: Final = "core.hooksPath"
MARK: Final = "# written by sluss add"

FOREIGN_HOOK: Final = (
    "{path} is a hook of somebody else. It was not replaced and nothing was added; "
    "move it away, or add a work tree instead, which gets a repository of its own."
)
HOOKS_ELSEWHERE: Final = (
    "The hooks of {path} are in {kept}, as its core.hooksPath says. Nothing was added; "
    "add a work tree instead, which gets a repository of its own."
)
UNREADABLE: Final = (
    "{path} cannot be read, so nobody can say which home has the repository. Nothing was added; "
    "move that file away when you know that none has."
)
UNSET: Final = (
    "git could not read or write {path}, so that a person's core.hooksPath may keep our hook from "
    "running. Mend the file, and try again."
)

# git starts a hook in the repository's folder; when our environment has moved, any python3 will do
_SCRIPT = """\
#!/bin/sh
{mark}
python={python}
[ -x "$python" ] || python=python3
exec "$python" -I -S {folder}/{program}
"""


class HookSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The content of hook.json; it names the files with the address and the password alone."""

    repository: str
    name: str
    release_branch: str
    address_file: str
    user: str
    password_file: str
    git: str


class _Serves(msgspec.Struct, frozen=True):
    """What hook.json says of whom it serves; only newer ones name a file with the address."""

    repository: str
    address_file: str = ""


def refuse_foreign_hook(repository: Path) -> None:
    hook = repository / "hooks" / "post-receive"
    if hook.exists() and MARK not in hook.read_text(encoding="utf-8", errors="replace"):
        raise SettingsError(FOREIGN_HOOK.format(path=hook))
    kept = _config(repository, git_path(), "--get", HOOKS).decode(errors="replace").rstrip("\n")
    if kept and (repository / kept).resolve() != hook.parent.resolve():
        raise SettingsError(HOOKS_ELSEWHERE.format(path=repository, kept=kept))


def install_hook(repository: Path, settings: HookSettings) -> None:
    """Write our hook, or bring an older one up to date; pushes that are kept stay kept.

    Raise SettingsError when the repository has a hook of somebody else.
    """
    refuse_foreign_hook(repository)
    folder = repository / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    program = Path(hook.__file__).read_text(encoding="utf-8")
    _replace(folder / PROGRAM, program, 0o600)
    _replace(folder / SETTINGS, json.dumps(msgspec.to_builtins(settings), indent=2), 0o600)
    script = _SCRIPT.format(
        mark=MARK, python=shlex.quote(sys.executable), folder=FOLDER, program=PROGRAM
    )
    (repository / "hooks").mkdir(exist_ok=True)
    _replace(repository / "hooks" / "post-receive", script, 0o700)
    # Whoever pushes may have hooks of their own in all repositories, in place of ours.
    if not _config(repository, settings.git, "--get", HOOKS):
        _config(repository, settings.git, HOOKS, "hooks")


def _config(repository: Path, git: str, *words: str) -> bytes:
    """Ask or set what the repository itself says; no setting of a person is read."""
    done = subprocess.run(  # noqa: S603 - no word of it comes from a repository
        [git, "config", "--file", str(repository / "config"), *words],
        capture_output=True,
        check=False,
        env=git_environment(git),
    )
    if done.returncode > 1:  # 1: it is not set
        raise SettingsError(UNSET.format(path=repository / "config"))
    return done.stdout


def is_hook_of(repository: Path, id_: str) -> bool:
    """Tell whether the folder has our hook, and that it serves the repository of this id."""
    try:
        return canonical_id(_serves(repository).repository) == canonical_id(id_)
    except SettingsError:
        return False


def served_by_hook(repository: Path) -> tuple[str, Path]:
    """Return the id and the file with the address that our hook has, or two empty ones.

    Raise SettingsError where nobody can say it.
    """
    found = _serves(repository)
    return found.repository, Path(found.address_file)


def _serves(repository: Path) -> _Serves:
    path = repository / FOLDER / SETTINGS
    if not os.path.lexists(path):
        return _Serves(repository="")
    try:
        if path.is_file():  # what is none, such as a pipe, may never come to an end
            return msgspec.json.decode(path.read_bytes(), type=_Serves)
    except (OSError, *DECODE_ERRORS):
        pass
    raise SettingsError(UNREADABLE.format(path=path))


async def send_left_over(repository: Path) -> int:
    """Send the pushes that the server has not taken; return how many it took now."""
    folder = repository / FOLDER
    if not any(folder.glob("outgoing/*.json")):
        return 0
    sent, _ = await asyncio.to_thread(hook.send_kept, folder)
    return sent


def pushers(repository: Path) -> dict[str, str]:
    """Return who brought each commit that came since the hook is there, as the hook noted it."""
    try:
        noted = (repository / FOLDER / hook.PUSHED).read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return {}
    found: dict[str, str] = {}
    for line in noted.split("\n")[:-1]:  # a name may hold what else divides lines
        commit, _, name = line.partition(" ")
        found.setdefault(commit, name)  # who brings a commit again did not bring it
    return found


def _replace(path: Path, text: str, mode: int) -> None:
    """Replace the file in one move: a push may start the hook at any moment."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(mode)
    draft.replace(path)
