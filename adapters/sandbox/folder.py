"""The folder of one run: the files go in, the results come out, and no name leads elsewhere.

After a run its content is hostile: there may be links, pipes and endless files in the place of a
result. The files and processes that a run may leave behind are removed here.
"""

import contextlib
import fcntl
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psutil

from core.count import count
from core.gate.tools import ToolCommand

PREFIX: Final = "sluss_sandbox_"
MB: Final = 1024 * 1024
DRAFT: Final = "sluss_draft_"
NAME: Final = re.compile(PREFIX + r"\d+_\w+")
A_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
SLOW_S: Final = 60
SWEEPS: Final = 20
SWEEP_S: Final = 1.0
OURS_ALONE: Final = 0o700

USER: Final = 1000
OUTSIDE: Final = 64_987  # who that is outside, where we are root: nobody else's number
SETTINGS: Final = {  # of /etc, for programs that look up their user and hosts
    "passwd": f"sandbox:x:{USER}:{USER}::/home:/bin/sh\n",
    "group": f"sandbox:x:{USER}:\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}

NOT_WRITTEN: Final = "left out, as their names cannot be used: {files}, the first is {first!r}"
TOO_LARGE: Final = "{name} is larger than {output_mb} MB and was not read"


class SandboxFolder:
    """The paths of one run; it may write to ``work`` only, and walls are built on ``root``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.work = self.path / "work"
        self.repo = self.work / "repo"
        self.out = self.work / "out"
        self.tmp = self.work / "tmp"
        self.home = self.work / "home"
        self.tool = self.path / "tool"
        self.etc = self.path / "etc"
        self.root = self.path / "root"
        self.stdin = self.path / "stdin"

    def lay_out(
        self, repo: Mapping[str, bytes], tool: Mapping[str, bytes], stdin: bytes
    ) -> list[str]:
        """Write what the run begins with, and return notes about files that were left out."""
        inner = (self.repo, self.out, self.tmp, self.home, self.tool, self.etc, self.root)
        for folder in (self.work, *inner):
            folder.mkdir(OURS_ALONE)
        for name, text in SETTINGS.items():
            (self.etc / name).write_text(text, "ascii")
        self.stdin.write_bytes(stdin)
        _write(self.tool, tool)
        left_out = _write(self.repo, repo)
        if not left_out:
            return []
        return [NOT_WRITTEN.format(files=count(len(left_out), "file"), first=left_out[0])]

    def give_to(self, user: int) -> None:
        """Let this user own what the run sees; only root can do that."""
        for folder in (self.repo, self.out, self.tmp, self.home, self.tool, self.etc):
            for path in (folder, *folder.rglob("*")):
                os.chown(path, user, user, follow_symlinks=False)

    def collect(self, command: ToolCommand) -> tuple[dict[str, bytes], list[str]]:
        """Return the result files by name, and notes about those that are too large."""
        files, notes = dict[str, bytes](), list[str]()
        for name in command.collects:
            data = self.result(name, command.output_mb * MB)
            if data is None:
                continue
            if len(data) > command.output_mb * MB:
                notes.append(TOO_LARGE.format(name=name, output_mb=command.output_mb))
            else:
                files[name] = data
        return files, notes

    def result(self, name: str, most_bytes: int) -> bytes | None:
        """Read a plain file of the out folder, up to ``most_bytes`` + 1; None for anything else."""
        try:
            descriptor = _open(self.out, name)
        except (OSError, ValueError):  # ValueError: a name may hold a NUL
            return None
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(most_bytes + 1)
        finally:
            os.close(descriptor)


class TemporaryFolder(SandboxFolder):
    """The folder of a short run; this process holds its lock, so that others leave it alone."""

    def __init__(self) -> None:
        draft = Path(tempfile.mkdtemp(prefix=DRAFT))
        self._lock = os.open(draft, A_FOLDER)
        fcntl.flock(self._lock, fcntl.LOCK_EX)  # the kernel frees it with this process
        path = draft.with_name(f"{PREFIX}{os.getpid()}_{draft.name.removeprefix(DRAFT)}")
        draft.rename(path)
        super().__init__(path)

    def remove(self) -> None:
        remove(self.path)
        os.close(self._lock)


def remove_stale() -> None:
    """Remove the folders of killed workers: nobody holds their locks, in whatever container."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if NAME.fullmatch(path.name):
            with contextlib.suppress(OSError):  # it is held, was just removed, or is no folder
                _remove_stale(path)


def _remove_stale(path: Path) -> None:
    descriptor = os.open(path, A_FOLDER)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_uid == os.geteuid():
            remove(path)
    finally:
        os.close(descriptor)


def _write(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write the files; return the names that lead elsewhere, or are both file and folder."""
    left_out, made = list[str](), set[Path]()
    for name, data in files.items():
        target = folder / name
        if not _is_inside(name):
            left_out.append(name)
            continue
        try:
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            target.write_bytes(data)
        except (OSError, ValueError):  # no file system has a name for half a character
            left_out.append(name)
    return left_out


def _is_inside(name: str) -> bool:
    parts = name.split("/")
    return bool(name) and "\0" not in name and not {"", ".", ".."} & set(parts)


def _open(folder: Path, name: str) -> int:
    """Open a file below the folder, following no link and no ``..``, and waiting at no pipe."""
    if not _is_inside(name):
        raise FileNotFoundError(name)
    *above, last = name.split("/")
    here = os.open(folder, A_FOLDER)
    try:
        for part in above:
            inner = os.open(part, A_FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        return os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
    finally:
        os.close(here)


def remove(path: Path) -> None:
    """Remove a folder, also one with its rights taken away, or too deep for ``shutil``."""
    try:
        shutil.rmtree(path)
    except (OSError, RecursionError):
        for tool in ("chmod -R u+rwx --", "rm -rf --one-file-system --"):
            argv = [*tool.split(), str(path)]
            with contextlib.suppress(subprocess.TimeoutExpired):  # the next probe removes the rest
                subprocess.run(  # noqa: S603 (fixed words and our own path)
                    argv, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=SLOW_S
                )


def end_leftovers(folder: Path) -> None:
    """End the processes of a warden that was killed: without walls, code may do that.

    They are found by their HOME variable, again and again, since they may fork meanwhile.
    """
    for _ in range(SWEEPS):
        found = [process for process in psutil.process_iter() if _is_at_home(process, folder)]
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=SWEEP_S)


def _is_at_home(process: psutil.Process, folder: Path) -> bool:
    try:
        home = process.environ().get("HOME", "")
        return process.status() != psutil.STATUS_ZOMBIE and Path(home).is_relative_to(folder)
    except (psutil.Error, OSError):
        return False
