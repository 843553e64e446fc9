"""Runs of models on this machine; implements ``core.ports.MLPlatform``."""

import asyncio
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from adapters.local_runs import begin, processes
from adapters.local_runs.folder import CANCELLED, FOLDER, Place, RunFolder, Whispered, lay_out
from adapters.local_runs.followed import GIVEN_UP
from adapters.sandbox import OneSandbox
from core.errors import UnavailableError, UnknownNameError
from core.gate.tools import STRENGTH, Level, is_weaker
from core.ports.ml_platform import RunLook, RunSpec, RunState
from core.ports.sandbox import FindSandbox, Sandbox
from core.words import LOCAL, RunId, platform_of

BEGIN: Final = (sys.executable, "-P", "-s", begin.__file__)
ROOT: Final = Path(__file__).parents[2]
LOG_BLOCK: Final = 256 * 1024
MOST_LAUNCHES: Final = 3
LOOK_EVERY_S: Final = 0.1
PATIENCE_S: Final = 5.0
MOST_S: Final = 3 * PATIENCE_S
SHORTEST_PAUSE_S: Final = 0.3
LONGEST_PAUSE_S: Final = 5.0
PAUSE_SHARE: Final = 0.1

TOO_WEAK: Final = (
    "This machine shuts code in with {has} only, and policy.yml asks for {wants} (rules.sandbox). "
    "Nothing of the model was run; have GBI allow namespaces on this machine, or choose limits."
)
STILL_HELD: Final = (
    "The run could not be ended: a process that is starting or watching it stands still. It is "
    "tried again by itself."
)


class LocalRuns:
    """``uv`` and ``python`` are paths; ``index_env`` are variables that only uv gets.

    ``secrets`` are values that no log may show, beyond what looks like a secret by itself. No step
    gets more than ``memory_limit_mb``. ``find_sandbox`` returns the sandbox of this machine, whose
    long runs are kept in the same home; it is found here when nobody gives one. ``weakest`` is the
    weakest in which anything is run by now, whatever was enough when a run was laid out.
    """

    def __init__(  # noqa: PLR0913 - what the machine has and allows, each by its name
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
        weakest: Level = Level.LIMITS,
    ) -> None:
        self._weakest = weakest
        self._find_sandbox = find_sandbox or OneSandbox(home.resolve()).found
        self._runs = home.resolve() / "runs"
        self._place = Place(
            home=home.resolve(),
            uv=uv,
            python=python,
            memory_limit_mb=memory_limit_mb,
        )
        self._whispered = Whispered(
            index_env=dict(index_env), secrets=secrets, tracking_uri=tracking_uri
        )

    async def start(self, spec: RunSpec) -> RunId:
        name = hashlib.sha256(spec.key.encode()).hexdigest()[:32]
        await asyncio.to_thread(self._lay_out, name, spec)
        run = RunId(f"{LOCAL}/{name}")
        await self.look(run)
        return run

    async def look(self, run: RunId) -> RunLook:
        """Look at the run; when its keeper was killed, start it again, a few times at most."""
        folder = self._folder(run)
        if result := await asyncio.to_thread(folder.result):
            return result
        look = await asyncio.to_thread(self._look, folder, await self._find_sandbox())
        if look.state is RunState.FAILED:
            await self._end_model(folder)
        return look

    async def log(self, run: RunId, offset: int = 0) -> bytes:
        return await asyncio.to_thread(_read, self._folder(run).log, offset)

    async def cancel(self, run: RunId) -> None:
        """End the keeper and the model's process; what has ended stays as it is."""
        folder = self._folder(run)
        if await asyncio.to_thread(folder.result):
            return
        lock = await asyncio.to_thread(_taken_from_keeper, folder)
        try:
            await self._end_model(folder)
            if not folder.result():
                folder.keep_result(RunLook(state=RunState.FAILED, reason=CANCELLED))
        finally:
            os.close(lock)

    async def stop(self) -> None:
        """Stop every run as a container platform does: the next look at it starts it again."""
        for path in sorted(self._runs.glob("[0-9a-f]*")):
            folder = RunFolder(path)
            if await asyncio.to_thread(_has_stopped_keeper, folder):
                await self._end_model(folder)

    async def _end_model(self, folder: RunFolder) -> None:
        """End and remove what a keeper that was killed has left of the model's process."""
        sandbox = await self._find_sandbox()
        for key in folder.model_keys():
            await sandbox.forget(key)

    def _lay_out(self, name: str, spec: RunSpec) -> None:
        folder = RunFolder(self._runs / name)
        if not folder.path.exists():
            lay_out(folder, spec, self._place)

    def _look(self, folder: RunFolder, sandbox: Sandbox) -> RunLook:
        if result := folder.result():
            return result
        lock = folder.claim()
        if lock is None:
            return msgspec.structs.replace(folder.progress(), look_again_s=_pause_s(folder))
        try:
            return folder.result() or self._launch(folder, lock, sandbox)
        finally:
            os.close(lock)

    def _launch(self, folder: RunFolder, lock: int, sandbox: Sandbox) -> RunLook:
        """Hand the lock on to a new keeper, so that the run is never without an owner."""
        wants, has = max(self._weakest, folder.order().weakest, key=STRENGTH.index), sandbox.level
        if is_weaker(has, wants):
            return _failed(folder, TOO_WEAK.format(has=has, wants=wants))
        times = folder.count_launch() - folder.stops()
        if times > MOST_LAUNCHES:
            return _failed(folder, GIVEN_UP.format(times=MOST_LAUNCHES))
        note = "" if times == 1 else "starting again: its keeper was killed"
        folder.tell(RunState.PREPARING, note)
        with folder.keeper_log.open("ab") as output:
            keeper = subprocess.Popen(  # noqa: S603 (our own interpreter, fixed arguments)
                [*BEGIN, str(folder.path), str(lock), *(["logs"] if folder.order().logs else [])],
                cwd=folder.path,
                env={**_path(), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=(lock,),
                start_new_session=True,
            )
        self._whisper(keeper, has)
        # It may outlive us; while we live, its exit status must be read, or it stays a zombie.
        threading.Thread(target=keeper.wait, daemon=True).start()
        return folder.progress()

    def _whisper(self, keeper: subprocess.Popen[bytes], level: Level) -> None:
        assert keeper.stdin is not None
        told = msgspec.structs.replace(self._whispered, level=level)
        with contextlib.suppress(BrokenPipeError), keeper.stdin as ear:
            ear.write(msgspec.json.encode(told))

    def _folder(self, run: RunId) -> RunFolder:
        name = run.rpartition("/")[2]
        folder = RunFolder(self._runs / name)
        if platform_of(run) != LOCAL or not FOLDER.fullmatch(name) or not folder.path.is_dir():
            raise UnknownNameError("run on this machine", run)
        return folder


def _path() -> dict[str, str]:
    """Hand on where programs are, as the sandbox may have found bubblewrap there."""
    return {"PATH": os.environ.get("PATH", os.defpath)}


def _failed(folder: RunFolder, reason: str) -> RunLook:
    result = RunLook(state=RunState.FAILED, reason=reason)
    folder.keep_result(result)
    return result


def _taken_from_keeper(folder: RunFolder) -> int:
    """Ask the keeper to end the run, kill it when it does not, and return the lock.

    Raise UnavailableError when its lock stays held even then.
    """
    folder.ask_to_cancel()
    began = time.monotonic()
    while (lock := folder.claim()) is None:
        waited_s = time.monotonic() - began
        if waited_s > MOST_S:
            raise UnavailableError(STILL_HELD)
        if waited_s > PATIENCE_S and (owner := folder.owner()):
            processes.kill(owner.pid, owner.started)
        time.sleep(LOOK_EVERY_S)
    return lock


def _has_stopped_keeper(folder: RunFolder) -> bool:
    """Stop the keeper, and wait for its end; return False where the run had its result before."""
    began = time.monotonic()
    while not folder.result() and time.monotonic() - began < MOST_S:
        lock = folder.claim()
        if lock is not None:
            os.close(lock)
            return True
        if owner := folder.owner():
            is_late = time.monotonic() - began > PATIENCE_S
            processes.kill(owner.pid, owner.started, signal.SIGKILL if is_late else signal.SIGTERM)
        time.sleep(LOOK_EVERY_S)
    return not folder.result()


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
