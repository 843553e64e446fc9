"""Runs of models on this machine; implements ``core.ports.MLPlatform``."""

import asyncio
import contextlib
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from adapters.local_runs import processes
from adapters.local_runs.folder import CANCELLED, FOLDER, Place, RunFolder, Whispered, lay_out
from core.errors import UnavailableError, UnknownNameError
from core.ports.ml_platform import RunLook, RunSpec, RunState
from core.ports.sandbox import FindSandbox
from core.words import LOCAL, RunId, platform_of

ROOT: Final = Path(__file__).parents[2]
LOG_BLOCK: Final = 256 * 1024
MOST_LAUNCHES: Final = 3
LOOK_EVERY_S: Final = 0.1
PATIENCE_S: Final = 5.0
MOST_S: Final = 3 * PATIENCE_S
SHORTEST_PAUSE_S: Final = 0.3
LONGEST_PAUSE_S: Final = 5.0
PAUSE_SHARE: Final = 0.1

GIVEN_UP: Final = (
    "The run was ended {times} times before it could finish: the machine was restarted, or its "
    "memory ran out. Nothing was kept; retry the step."
)
STILL_HELD: Final = (
    "The run could not be ended: a process that is starting or watching it stands still. It is "
    "tried again by itself."
)


class LocalRuns:
    """``uv`` and ``python`` are paths; ``index_env`` are variables that only uv gets.

    ``secrets`` are values that no log may show, beyond what looks like a secret by itself. No step
    gets more than ``memory_limit_mb``. ``find_sandbox`` returns the sandbox of this machine.
    """

    def __init__(
        self,
        home: Path,
        *,
        tracking_uri: str,
        uv: str,
        python: str,
        index_env: Mapping[str, str],
        secrets: tuple[str, ...] = (),
        memory_limit_mb: int = 4096,
        find_sandbox: FindSandbox | None = None,
    ) -> None:
        self._find_sandbox = find_sandbox
        self._runs = home.resolve() / "runs"
        self._place = Place(
            home=home.resolve(),
            uv=uv,
            python=python,
            tracking_uri=tracking_uri,
            memory_limit_mb=memory_limit_mb,
        )
        self._whispered = Whispered(index_env=dict(index_env), secrets=secrets)

    async def start(self, spec: RunSpec) -> RunId:
        name = hashlib.sha256(spec.key.encode()).hexdigest()[:32]
        await asyncio.to_thread(self._start, name, spec)
        return RunId(f"{LOCAL}/{name}")

    async def look(self, run: RunId) -> RunLook:
        """Look at the run; when its supervisor was killed, start it again, a few times at most."""
        return await asyncio.to_thread(self._look, self._folder(run))

    async def log(self, run: RunId, offset: int = 0) -> bytes:
        return await asyncio.to_thread(_read, self._folder(run).log, offset)

    async def cancel(self, run: RunId) -> None:
        await asyncio.to_thread(self._cancel, self._folder(run))

    def _start(self, name: str, spec: RunSpec) -> None:
        folder = RunFolder(self._runs / name)
        if not folder.path.exists():
            lay_out(folder, spec, self._place)
        self._look(folder)

    def _look(self, folder: RunFolder) -> RunLook:
        if result := folder.result():
            return result
        lock = folder.claim()
        if lock is None:
            return msgspec.structs.replace(folder.progress(), look_again_s=_pause_s(folder))
        try:
            return folder.result() or self._launch(folder, lock)
        finally:
            os.close(lock)

    def _launch(self, folder: RunFolder, lock: int) -> RunLook:
        """Hand the lock on to a new supervisor, so that the run is never without an owner."""
        times = folder.count_launch() - folder.stops()
        if times > MOST_LAUNCHES:
            processes.end_marked(folder.mark)
            reason = GIVEN_UP.format(times=MOST_LAUNCHES)
            folder.keep_result(RunLook(state=RunState.FAILED, reason=reason))
            return folder.result() or folder.progress()
        note = "" if times == 1 else "starting again: its supervisor was killed"
        folder.tell(RunState.PREPARING, note)
        module = "adapters.local_runs.supervisor"
        with folder.supervisor_log.open("ab") as output:
            supervisor = subprocess.Popen(  # noqa: S603 (our own interpreter, fixed arguments)
                [sys.executable, "-P", "-s", "-m", module, str(folder.path), str(lock)],
                cwd=folder.path,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=(lock,),
                start_new_session=True,
            )
        self._whisper(supervisor)
        # It may outlive us; while we live, its exit status must be read, or it stays a zombie.
        threading.Thread(target=supervisor.wait, daemon=True).start()
        return folder.progress()

    def _whisper(self, supervisor: subprocess.Popen[bytes]) -> None:
        assert supervisor.stdin is not None
        with contextlib.suppress(BrokenPipeError), supervisor.stdin as ear:
            ear.write(msgspec.json.encode(self._whispered))

    def _cancel(self, folder: RunFolder) -> None:
        """Ask the supervisor to end the run; kill it when it does not, and end what it leaves.

        Raise UnavailableError when its lock stays held even then.
        """
        if folder.result():
            return
        folder.ask_to_cancel()
        began = time.monotonic()
        while (lock := folder.claim()) is None:
            waited_s = time.monotonic() - began
            if waited_s > MOST_S:
                raise UnavailableError(STILL_HELD)
            if waited_s > PATIENCE_S and (owner := folder.owner()):
                processes.kill(owner.pid, owner.started)
            time.sleep(LOOK_EVERY_S)
        try:
            processes.end_marked(folder.mark)
            if not folder.result():
                folder.keep_result(RunLook(state=RunState.FAILED, reason=CANCELLED))
        finally:
            os.close(lock)

    def _folder(self, run: RunId) -> RunFolder:
        name = run.rpartition("/")[2]
        folder = RunFolder(self._runs / name)
        if platform_of(run) != LOCAL or not FOLDER.fullmatch(name) or not folder.path.is_dir():
            raise UnknownNameError("run on this machine", run)
        return folder


def _pause_s(folder: RunFolder) -> float:
    """Return when to look again: soon at first, and less often the longer the run lasts."""
    return min(max(SHORTEST_PAUSE_S, folder.age_s() * PAUSE_SHARE), LONGEST_PAUSE_S)


def _read(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as log:
            log.seek(offset)
            return log.read(LOG_BLOCK)
    except FileNotFoundError:
        return b""
