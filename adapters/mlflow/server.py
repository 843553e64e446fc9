"""One MLflow server on loopback: it is started, adopted, restarted and stopped by Sluss."""

import asyncio
import contextlib
import logging
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
import psutil

from adapters.mlflow import database
from adapters.mlflow.command import HOST, OWNER, command, environment, free_port, is_free, open_log
from adapters.mlflow.command import VERSION as MLFLOW_VERSION
from core.errors import DECODE_ERRORS, InterruptedWorkError, SettingsError, UnavailableError

HEALTH_TIMEOUT_S = 2.0
LOOK_EVERY_S = 0.2
GRACE_S = 45.0  # a start on a busy machine takes this long; a server that is silent longer hangs
TERMINATE_S = 5.0
CLOCK_SLACK_S = 2.0  # psutil derives a start time from the boot time, which moves with the clock

CANNOT_WRITE: Final = (
    "The folder of MLflow, {folder}, cannot be used ({why}). Nothing was started; see that it is a "
    "folder that this user may write to, or move it away."
)

PORT_TAKEN: Final = (
    "Port {port}, where MLflow has to be, is taken by another program. MLflow was not started; end "
    "that program, or end Sluss and start it again: then MLflow takes another port."
)

log = logging.getLogger(__name__)


class _Remembered(msgspec.Struct, frozen=True):
    """The content of the state file; after a clean stop ``pid`` is 0 and only ``port`` counts."""

    pid: int
    started: float
    port: int
    version: str


class MLflowServer:
    """The tracking server and model registry of one machine; only this computer can reach it.

    ``port`` 0 takes a free port once and keeps it, so that the address outlives restarts; while we
    run it stays the same, as others were told of it.
    """

    def __init__(self, home: Path, port: int = 0) -> None:
        self._folder = home.resolve() / "mlflow"
        self._fixed_port = port
        self._state: _Remembered | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._seen_well = 0.0
        self._has_begun = False
        self._hurried = asyncio.Event()
        self._lock = asyncio.Lock()

    @property
    def uri(self) -> str:
        """Return the address of tracking and registry. Raise UnavailableError before ``start``."""
        if self._state is None:
            raise UnavailableError("MLflow was not started yet. Start it first, then ask again.")
        return f"http://{HOST}:{self._state.port}"

    @property
    def log_file(self) -> Path:
        return self._folder / "server.log"

    async def start(self) -> bool:
        """Adopt the server that an earlier process left, else start one; return True when adopted.

        It does not wait until the server answers; ``ready`` does.
        """
        async with self._lock:
            self._seen_well = time.monotonic()
            is_adopted = await asyncio.to_thread(self._adopt_or_spawn)
            self._fixed_port = self._state.port if self._state else 0
            return is_adopted

    async def check(self) -> None:
        """Raise SettingsError when its database is damaged, as somebody has to mend that."""
        await asyncio.to_thread(database.check, self._folder)

    async def ready(self, timeout_s: float = 60.0) -> None:
        """Wait until the server answers. Raise UnavailableError when it ended or stays silent."""
        deadline, uri = time.monotonic() + timeout_s, self.uri
        while True:
            if not await asyncio.to_thread(self._is_alive):  # a stranger may answer in its place
                raise UnavailableError(f"MLflow ended while starting. Its log: {self.log_file}")
            if await self._answers(uri):
                break
            if time.monotonic() > deadline:
                raise UnavailableError(f"MLflow is not ready yet. Its log: {self.log_file}")
            await asyncio.sleep(LOOK_EVERY_S)
        self._seen_well = time.monotonic()
        self._has_begun = True

    async def begun(self) -> None:
        """Wait while the server starts for the first time; later its client says what is wrong."""
        if self._has_begun:
            return
        tasks = [asyncio.ensure_future(each) for each in (self.ready(), self._hurried.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not tasks[0].done():
                raise InterruptedWorkError
            await tasks[0]
        finally:
            for task in tasks:
                task.cancel()

    def hurry(self) -> None:
        """Let nobody wait any more for the first start, as this process ends."""
        self._hurried.set()

    async def ensure(self) -> bool:
        """Start the server again when it died or hangs, and return True then; call it often."""
        async with self._lock:
            if self._state is None or self._state.pid == 0:
                return False
            is_alive = await asyncio.to_thread(self._is_alive)
            if is_alive and await self._answers(self.uri):
                self._seen_well = time.monotonic()
                return False
            if is_alive and time.monotonic() - self._seen_well < GRACE_S:
                return False
            await asyncio.to_thread(self._replace)
            log.warning("MLflow died; it was started again", extra={"action": "mlflow_restarted"})
            self._seen_well = time.monotonic()
            return True

    async def stop(self) -> bool:
        """End the server and every process of it; return whether there was one."""
        async with self._lock:
            return await asyncio.to_thread(self._end)

    async def _answers(self, uri: str) -> bool:
        timeout = aiohttp.ClientTimeout(total=HEALTH_TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"{uri}/health") as answer,
            ):
                return answer.status == 200  # noqa: PLR2004 (OK reads best as its number)
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _adopt_or_spawn(self) -> bool:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return self._adopted_or_spawned()
        except OSError as error:
            why = CANNOT_WRITE.format(folder=self._folder, why=error.strerror)
            raise SettingsError(why) from None

    def _adopted_or_spawned(self) -> bool:
        self._state = self._read_state()
        if self._is_alive() and self._is_as_wanted():
            log.info("MLflow adopted", extra={"action": "mlflow_adopted"})
            return True
        self._end_processes()
        self._spawn(self._choose_port())
        return False

    def _is_as_wanted(self) -> bool:
        state = self._state
        if state is None or state.version != MLFLOW_VERSION:
            return False
        return self._fixed_port in (0, state.port)

    def _choose_port(self) -> int:
        if self._fixed_port and not is_free(self._fixed_port):
            raise UnavailableError(PORT_TAKEN.format(port=self._fixed_port))
        if self._fixed_port:
            return self._fixed_port
        if self._state is not None and is_free(self._state.port):
            return self._state.port
        return free_port()

    def _replace(self) -> None:
        self._end_processes()
        self._spawn(self._choose_port())

    def _spawn(self, port: int) -> None:
        database.set_unfinished_aside(self._folder)
        with open_log(self.log_file) as output:
            self._child = subprocess.Popen(  # noqa: S603 (our own interpreter, fixed arguments)
                command(port),
                cwd=self._folder,
                env=environment(self._folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C in our terminal must not end it before us
            )
        started = psutil.Process(self._child.pid).create_time()
        self._keep(_Remembered(self._child.pid, started, port, MLFLOW_VERSION))

    def _end(self) -> bool:
        was_there = self._end_processes()
        if self._state is not None:
            self._keep(_Remembered(0, 0.0, self._state.port, MLFLOW_VERSION))
        return was_there

    def _end_processes(self) -> bool:
        """End leader and workers: the worker of a killed leader still holds the port."""
        ours = self._all_processes()
        for process in ours:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        _, stubborn = psutil.wait_procs(ours, timeout=TERMINATE_S)
        for process in stubborn:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(stubborn, timeout=TERMINATE_S)
        if self._child is not None:
            self._child.wait(TERMINATE_S)
            self._child = None
        return bool(ours)

    def _all_processes(self) -> list[psutil.Process]:
        """Find our processes; a child that has just begun may show no mark, and is added."""
        found = {process.pid: process for process in self._processes()}
        if self._child is not None and self._child.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                found.setdefault(self._child.pid, psutil.Process(self._child.pid))
        return list(found.values())

    def _processes(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            if self._is_ours(process):
                yield process

    def _is_ours(self, process: psutil.Process) -> bool:
        """Tell by the mark in the environment, as a pid may be another process's by now."""
        try:
            return process.environ().get(OWNER) == str(self._folder)
        except (psutil.Error, OSError):
            return False

    def _is_alive(self) -> bool:
        state = self._state
        if self._child is not None and self._child.poll() is not None:
            return False
        if state is None or state.pid == 0:
            return False
        try:
            process = psutil.Process(state.pid)
            is_same = abs(process.create_time() - state.started) < CLOCK_SLACK_S
            is_running = process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False
        return is_same and is_running and self._is_ours(process)

    @property
    def _state_file(self) -> Path:
        return self._folder / "server.json"

    def _read_state(self) -> _Remembered | None:
        try:
            return msgspec.json.decode(self._state_file.read_bytes(), type=_Remembered)
        except (FileNotFoundError, *DECODE_ERRORS):
            return None  # none yet, or torn by a crash: the processes are found by their mark

    def _keep(self, state: _Remembered) -> None:
        self._state = state
        draft = self._state_file.with_suffix(".draft")
        draft.write_bytes(msgspec.json.encode(state))
        draft.replace(self._state_file)
