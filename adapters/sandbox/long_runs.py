"""Long runs: each has a folder and a warden of its own, and both outlive this process.

The folder of a run is found by its key. The process that lays it out holds its lock and hands it on
to the warden, so that it is never without an owner; the kernel frees it when the last one ends.
"""

import contextlib
import errno
import hashlib
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from adapters.sandbox.conversation import KILLED, warden_argv
from adapters.sandbox.folder import OURS_ALONE, end_leftovers, remove
from adapters.sandbox.inside import check_places
from adapters.sandbox.long_run_folder import LOST, AboutLongRun, LongRunFolder, lost
from adapters.sandbox.orders import Fence, order_for_long_run
from adapters.sandbox.warden import processes
from adapters.sandbox.warden.group import ControlGroup
from adapters.sandbox.warden.long_run import ASKED, CANCELLED, INTERRUPTED, WAS_ASKED
from adapters.sandbox.warden.order import WardenVerdict
from core.errors import UnavailableError, UnknownNameError
from core.gate.tools import Stopped
from core.ports.sandbox import LOG_BLOCK_BYTES, LongLook, LongOrder, LongState

FOLDER: Final = "long_runs"
DRAFT: Final = "draft_"
GROUP: Final = "sluss_long_run_"
PATIENCE_S: Final = 10.0  # the warden ends everything within five
MOST_S: Final = 3 * PATIENCE_S
LOOK_EVERY_S: Final = 0.02
TAKEN: Final = (errno.EEXIST, errno.ENOTEMPTY)
STATES: Final = {
    "": LongState.ENDED,
    CANCELLED: LongState.CANCELLED,
    INTERRUPTED: LongState.INTERRUPTED,
    LOST: LongState.LOST,
}

NOT_OURS: Final = "{home} belongs to somebody else. Nothing was started; give Sluss another home."
STILL_HELD: Final = (
    "A long run could not be ended: a process that is starting or watching it stands still. Its "
    "folder was left as it is; it is tried again by itself."
)


class LongRuns:
    """The long runs that are kept below ``home``; its methods block, and are for threads."""

    def __init__(self, home: Path, fence: Fence) -> None:
        self._home = home.absolute() / FOLDER
        self._fence = fence

    def start(self, key: str, order: LongOrder) -> None:
        check_places(order)
        folder = self._folder(key)
        lock = self._lay_out(key, order) or self._found(folder)
        if lock is None:
            return
        try:
            if folder.verdict() is None and folder.owner() is None:
                self._launch(folder, lock, order)
        finally:
            os.close(lock)

    def look(self, key: str) -> LongLook:
        folder = self._known(key)
        verdict = folder.verdict() or _if_gone(folder)
        try:
            about = folder.about()
        except FileNotFoundError:  # another process has just forgotten it
            raise UnknownNameError("long run", key) from None
        if verdict is not None:
            return _ended(verdict, folder, about)
        owner = folder.owner()
        seconds = max(0.0, time.time() - owner[2]) if owner else 0.0
        return LongLook(
            state=LongState.RUNNING,
            seconds=round(seconds, 3),
            level=about.level,
            out=str(folder.out),
        )

    def log(self, key: str, offset: int) -> bytes:
        folder = self._known(key)
        with contextlib.suppress(FileNotFoundError), folder.log.open("rb") as log:
            log.seek(offset)
            return log.read(LOG_BLOCK_BYTES)
        return b""

    def result(self, key: str, name: str, most_bytes: int) -> bytes | None:
        return self._known(key).result(name, most_bytes)

    def end(self, key: str) -> None:
        with _ended_and_held(self._folder(key)):
            pass

    def forget(self, key: str) -> None:
        folder = self._folder(key)
        with _ended_and_held(folder) as is_there:
            if is_there:
                gone = Path(tempfile.mkdtemp(prefix=DRAFT, dir=self._home))
                remove(folder.path.rename(gone))

    def _folder(self, key: str) -> LongRunFolder:
        """Name the folder by a digest of the key, as a key may hold any character."""
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return LongRunFolder(self._home / digest[:32])

    def _known(self, key: str) -> LongRunFolder:
        folder = self._folder(key)
        if not folder.path.is_dir():
            raise UnknownNameError("long run", key)
        return folder

    def _lay_out(self, key: str, order: LongOrder) -> int | None:
        """Make the folder and return its lock; None where the key has one already.

        It is laid out under another name and then renamed: one with the run's name is whole.
        """
        folder = self._folder(key)
        if folder.path.exists():
            return None
        self._open_home()
        draft, lock = self._draft()
        with contextlib.ExitStack() as undo:
            undo.callback(os.close, lock)
            undo.callback(remove, draft.path)
            notes = draft.lay_out(order.files, order.tools, order.stdin)
            draft.keep_about(self._about(folder, key, tuple(notes)))
            try:
                draft.path.rename(folder.path)
            except OSError as error:
                if error.errno in TAKEN:  # another process was first
                    return None
                raise
            undo.pop_all()
        return lock

    def _draft(self) -> tuple[LongRunFolder, int]:
        """Make an empty folder and lock it; when another process cleared it up first, try again."""
        while True:
            draft = LongRunFolder(Path(tempfile.mkdtemp(prefix=DRAFT, dir=self._home)))
            if (lock := draft.claim()) is not None:
                return draft, lock

    def _about(self, folder: LongRunFolder, key: str, notes: tuple[str, ...]) -> AboutLongRun:
        groups = tuple(f"{place}/{_group(folder)}" for place in self._fence.groups)
        key = key.encode("utf-8", "backslashreplace").decode()  # half a character cannot be kept
        return AboutLongRun(key=key, level=self._fence.level, groups=groups, notes=notes)

    def _open_home(self) -> None:
        """Make the home for our user alone. Raise PermissionError when it is somebody else's."""
        self._home.mkdir(OURS_ALONE, parents=True, exist_ok=True)
        about = self._home.lstat()
        if about.st_uid != os.geteuid() or not self._home.is_dir() or self._home.is_symlink():
            raise PermissionError(NOT_OURS.format(home=self._home))
        self._home.chmod(OURS_ALONE)
        self._clear_up()

    def _clear_up(self) -> None:
        """Remove the folders that a killed process has left half made, or half removed."""
        for path in self._home.glob(f"{DRAFT}*"):
            lock = LongRunFolder(path).claim()
            if lock is not None:
                remove(path)
                os.close(lock)

    def _found(self, folder: LongRunFolder) -> int | None:
        """Wait for the warden; return the lock if its maker was killed before there was one."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if folder.verdict() or folder.owner():
                return None
            lock = folder.claim()
            if lock is not None:
                return lock
            time.sleep(LOOK_EVERY_S)
        return None

    def _launch(self, folder: LongRunFolder, lock: int, order: LongOrder) -> None:
        """Start a warden, and give it the order through a pipe, so that nobody else sees it."""
        about = folder.about()
        _end_group(about)
        folder.keep_about(self._about(folder, about.key, about.notes))
        told = order_for_long_run(order, folder, self._fence, _group(folder))
        argv = warden_argv("long_run", str(folder.path), str(lock))
        with (folder.path / "warden.log").open("ab") as errors:
            warden = subprocess.Popen(  # noqa: S603 (our own interpreter, and our own words)
                argv, cwd="/", env={}, stdin=subprocess.PIPE, stdout=errors, stderr=errors,
                pass_fds=(lock,), start_new_session=True,
            )  # fmt: skip
        assert warden.stdin is not None
        with contextlib.suppress(BrokenPipeError), warden.stdin as ear:
            ear.write(told.encode())
        # It may outlive us; while we live, its exit status must be read, or it stays a zombie.
        threading.Thread(target=warden.wait, daemon=True).start()


def _if_gone(folder: LongRunFolder) -> WardenVerdict | None:
    """Return None while the lock is held; else the verdict, which is "lost" if there is none."""
    lock = folder.claim()
    if lock is None:
        return folder.verdict()
    try:
        return folder.verdict() or _give_up(folder, lost())
    finally:
        os.close(lock)


def _group(folder: LongRunFolder) -> str:
    """Name the control group by the whole path: another home may have a run of the same key."""
    return GROUP + hashlib.sha256(os.fsencode(folder.path)).hexdigest()[:32]


def _ended(verdict: WardenVerdict, folder: LongRunFolder, about: AboutLongRun) -> LongLook:
    state = STATES.get(verdict.stopped, LongState.LIMITED)
    is_limited = state is LongState.LIMITED
    return LongLook(
        state=state,
        code=verdict.code,
        stopped=Stopped(verdict.stopped) if is_limited else Stopped.NO,
        note="; ".join(filter(None, (*about.notes, verdict.note))),
        seconds=round(verdict.seconds, 3),
        level=about.level,
        out=str(folder.out),
    )


@contextlib.contextmanager
def _ended_and_held(folder: LongRunFolder) -> Iterator[bool]:
    """Ask the warden to end the run, kill a warden that does not answer, and hold the lock.

    It gives False when there is no such run. Raise UnavailableError when the lock stays held.
    """
    if not folder.path.is_dir():
        yield False
        return
    with contextlib.suppress(FileNotFoundError):
        (folder.path / ASKED).touch()
    began = time.monotonic()
    while (lock := folder.claim()) is None and folder.path.is_dir():
        waited_s = time.monotonic() - began
        if waited_s > MOST_S:
            raise UnavailableError(STILL_HELD)
        if waited_s > PATIENCE_S:
            _kill(folder)
        time.sleep(LOOK_EVERY_S)
    if lock is None:
        yield False
        return
    try:
        if folder.verdict() is None:
            _give_up(folder, WardenVerdict(KILLED, 0, CANCELLED, WAS_ASKED))
        yield True
    finally:
        os.close(lock)


def _kill(folder: LongRunFolder) -> None:
    """Kill the warden, if its start time still matches: its pid may be another process's by now."""
    owner = folder.owner()
    with contextlib.suppress(OSError, IndexError):
        if owner and processes.started(owner[0]) == owner[1]:
            os.kill(owner[0], -KILLED)


def _give_up(folder: LongRunFolder, verdict: WardenVerdict) -> WardenVerdict:
    """End every process that the warden has left, and keep the verdict."""
    _end_group(folder.about())
    end_leftovers(folder.path)
    folder.keep_verdict(verdict)
    return verdict


def _end_group(about: AboutLongRun) -> None:
    """Remove the control group that a killed warden has left, with the processes in it."""
    ControlGroup(list(about.groups), memory_mb=0, tasks=0).end()
