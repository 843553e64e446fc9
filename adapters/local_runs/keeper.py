"""The process that keeps one run: it prepares what the model's process reads, and logs its model.

``begin.py`` starts it.
It outlives the server that started it. When it is killed, the lock is free and there is no result,
so that the next look at the run starts another keeper, which finds the model's process again. It
never imports or unpickles what the model has made.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec
import psutil

from adapters.artifact_digest.digest import artifact_digest
from adapters.local_runs import child_environment, made, processes
from adapters.local_runs.environments import Environments, Tools
from adapters.local_runs.folder import CANCELLED, Order, Owner, RunFolder, Whispered, let_read
from adapters.local_runs.followed import followed
from adapters.local_runs.harness.carried_model import state_of
from adapters.local_runs.harness.tables import TableRefusedError, fingerprint, open_tables
from adapters.local_runs.log_model import ModelFiles
from adapters.local_runs.model_process import StepAnswer, judge, order_for
from adapters.local_runs.proxy import KnownRun, RunProxy
from adapters.local_runs.run_log import RunLog
from adapters.local_runs.tracking_server import FINGERPRINT_TAG, MODEL_TAG, TrackingServer
from adapters.sandbox import reopened
from core.errors import StepFailedError
from core.ports.ml_platform import RunLook, RunOutcome, RunState
from core.ports.sandbox import LongLook, Sandbox
from core.scrub import scrub
from core.words import Step

BUILD_LIMIT_S: Final = 1800.0
STOPPED: Final = 128 + signal.SIGTERM
SPREAD_S: Final = 0.5  # a signal to all processes may reach us last

BUILD_TOO_LONG: Final = (
    "Building the environment took longer than {limit:.0f} s. Nothing was run; retry the step, or "
    "ask for fewer packages."
)
NOT_TRAINED: Final = "A rule-based model is not trained. Nothing was run."


class Keeper:
    """Brings one run to its result; ``sandbox`` shuts the model's process in."""

    def __init__(
        self,
        folder: RunFolder,
        whispered: Whispered,
        log: RunLog,
        sandbox: Sandbox,
        logging: subprocess.Popen[bytes] | None,
    ) -> None:
        self._logging = logging
        self._folder = folder
        self._order: Order = folder.order()
        self._whispered = whispered
        self._log = log
        self._sandbox = sandbox
        self._request = self._order.request
        self._step, self._run = Step(self._request["step"]), str(self._request["run"])
        self._environments = Environments(
            Path(self._order.environments),
            Tools(
                uv=self._order.uv,
                python=self._order.python,
                env=child_environment.of_uv(whispered.index_env),
                hosts=self._order.hosts,
            ),
            watcher=self._why_end_build,
            sink=log.write,
        )

    def result(self) -> RunLook:
        logger = made.Logger(self._logging) if self._logging else None
        try:
            outcome = self._outcome(logger)
        except (StepFailedError, TableRefusedError) as error:
            return RunLook(state=RunState.FAILED, reason=str(error))
        finally:
            if logger is not None:
                logger.end()
        return RunLook(state=RunState.SUCCEEDED, outcome=outcome)

    def _outcome(self, logger: made.Logger | None) -> RunOutcome:
        """Do one thing after the other; uv, which builds, is a child of this thread."""
        if self._step is Step.TRAIN and self._order.is_rulebased:
            raise StepFailedError(NOT_TRAINED)
        tables = open_tables(self._folder.code, self._request["links"], self._request["tables"])
        data = fingerprint(tables)
        digest = asyncio.run(self._fetch()) if logger is None else ""
        requirements = self._requirements()
        python = self._environments.ensure(requirements, self._tell_preparing)
        answer, look = asyncio.run(self._called(python))
        if logger is not None:
            self._tell_running("logging the model")
            asyncio.run(self._logged(logger, look, python, data))
        elif self._step is Step.PROMOTE:
            made.keep_on_stage(self._folder, look.out)
        elif answer.metrics:
            asyncio.run(self._noted(answer.metrics))
        return RunOutcome(
            data_fingerprint=data,
            rows=answer.rows,
            metrics=answer.metrics,
            artifact_digest=digest,
            seconds=look.seconds,
            level=look.level,
        )

    def _server(self) -> TrackingServer:
        return TrackingServer(self._whispered.tracking_uri)

    async def _fetch(self) -> str:
        """Fetch the model that this step works with, once, and return the digest of its files."""
        artifact = self._folder.artifact
        if not artifact.exists():
            draft = artifact.with_name("fetching")
            shutil.rmtree(draft, ignore_errors=True)
            async with self._server() as server:
                await server.download(await self._where(server), draft)
            let_read(draft)
            draft.rename(artifact)
        return artifact_digest(artifact)

    async def _where(self, server: TrackingServer) -> str:
        if self._step is Step.PROMOTE:
            model, version = self._request["model"], self._request["version"]
            return await server.version_uri(model, version)
        return (await server.logged_model(self._run)).artifact_uri

    def _requirements(self) -> tuple[str, ...]:
        """Return those of the environment file; a version brings those it was trained with."""
        state = state_of(self._folder.artifact) if self._step is Step.PROMOTE else None
        if state is None:
            return self._order.requirements
        return made.requirements_of_version(state, self._order.hosts)

    async def _called(self, python: Path) -> tuple[StepAnswer, LongLook]:
        """Call the model's code, and serve its way to the tracking server meanwhile."""
        if self._folder.is_cancelled():
            raise StepFailedError(CANCELLED)
        artifact = "" if self._order.logs else str(self._folder.artifact)
        request = {**self._request, "code": str(self._folder.code), "artifact": artifact}
        way = self._folder.way
        order = order_for(self._order, self._folder, python, request, str(way))
        self._tell_running("calling the model's code")
        self._log.say(f"{self._step} starts")
        async with self._server() as server:
            learn = _Learning(self._request, self._run, server).known
            proxy = RunProxy(server.address, server.session, learn, self._log.say)
            async with proxy.serving(way):
                look, said = await followed(self._sandbox, self._folder, order, self._log)
        self._log.say(f"{self._step} ended after {look.seconds:.1f} s, shut in by {look.level}")
        return judge(look, said, self._order), look

    async def _logged(self, logger: made.Logger, look: LongLook, python: Path, data: str) -> None:
        own = self._order.requirements
        files = made.files_to_log(self._folder, look.out, own)
        order = ModelFiles(
            tracking_uri=self._whispered.tracking_uri,
            run=self._run,
            state=str(files / "state"),
            code=str(files / "code"),
            loader=made.LOADER,
            requirements=made.requirements_of(python, own),
        )
        model_id = await asyncio.to_thread(logger.log, order)
        async with self._server() as server:
            await server.note_parameters(self._run, self._request["parameters"])
            tags = {FINGERPRINT_TAG: data, MODEL_TAG: model_id}
            await server.note(self._run, metrics={}, tags=tags)

    async def _noted(self, metrics: dict[str, float]) -> None:
        async with self._server() as server:
            await server.note(self._run, metrics=metrics, tags={})

    def _tell_preparing(self, note: str) -> None:
        self._folder.tell(RunState.PREPARING, note)

    def _tell_running(self, note: str) -> None:
        self._folder.tell(RunState.RUNNING, note)

    def _why_end_build(self, seconds: float) -> str:
        if self._folder.is_cancelled():
            return CANCELLED
        is_late = seconds > BUILD_LIMIT_S
        return BUILD_TOO_LONG.format(limit=BUILD_LIMIT_S) if is_late else ""


class _Learning:
    """Finds out what the proxy of a run has to know."""

    def __init__(self, request: dict[str, object], run: str, server: TrackingServer) -> None:
        self._request = request
        self._run = run
        self._server = server

    async def known(self) -> KnownRun:
        run = await self._server.run(self._run)
        model, version = run.tag(MODEL_TAG), self._version()
        known = KnownRun(
            run=self._run,
            experiment=run.info.experiment_id,
            experiment_name=str(self._request["model"]),
            model=model,
            version=version,
        )
        known.add_root(self._run, run.info.artifact_uri)
        if model:
            known.add_root(model, (await self._server.logged_model(self._run)).artifact_uri)
        if version:
            known.add_root("version", await self._server.version_uri(*version))
        return known

    def _version(self) -> tuple[str, str] | None:
        version = str(self._request["version"])
        return (str(self._request["model"]), version) if version else None


def _end_when_stopped(folder: RunFolder) -> None:
    """End without a result at SIGTERM, which container platforms send to all processes.

    The next look starts another keeper, and this stop does not count as a failed launch. The
    model's process has a warden of its own, which hears such a stop as well.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        folder.count_stop()
        os._exit(STOPPED)  # uv and the logger end with us

    signal.signal(signal.SIGTERM, stop)


def main(path: str, lock: str, logging: subprocess.Popen[bytes] | None) -> int:
    os.set_inheritable(int(lock), False)  # noqa: FBT003 (the function's own signature)
    folder = RunFolder(Path(path))
    _end_when_stopped(folder)
    try:
        whispered = msgspec.json.decode(sys.stdin.buffer.read(), type=Whispered)
    except msgspec.DecodeError:  # whoever started us is gone; the next look starts another one
        return 1
    processes.adopt_orphans()
    pid = os.getpid()
    folder.keep_owner(Owner(pid=pid, started=psutil.Process(pid).create_time()))
    folder.scratch.mkdir(exist_ok=True)
    sandbox = asyncio.run(reopened(whispered.level, folder.home))
    with RunLog(folder.log, whispered.secrets) as log:
        result = Keeper(folder, whispered, log, sandbox, logging).result()
    if result.state is RunState.FAILED and not folder.is_cancelled():
        time.sleep(SPREAD_S)
    clean = scrub(result.reason, whispered.secrets)
    folder.keep_result(msgspec.structs.replace(result, reason=clean))
    asyncio.run(_forget(folder, sandbox))
    return 0


async def _forget(folder: RunFolder, sandbox: Sandbox) -> None:
    """Remove what the model's process has left: its log there is not scrubbed."""
    for key in folder.model_keys():
        await sandbox.forget(key)
    shutil.rmtree(folder.scratch, ignore_errors=True)
