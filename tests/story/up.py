"""The product as people start it: `sluss up` as a process of its own, on a home of its own."""

import asyncio
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import yaml

from adapters.local_runs import processes
from adapters.local_runs.folder import RunFolder
from adapters.mlflow.command import OWNER, free_port
from adapters.mlflow.server import MLflowServer
from adapters.sandbox import reopened
from core.gate.tools import Level
from sluss.home.prepare import prepare_home
from sluss.home.settings import Settings, from_environment

READY_S = 60.0
END_S = 20.0
OTHER_TOOLS = ("lint", "secrets", "bandit", "libraries")


def made_home(home: Path, environments: Path) -> Path:
    """Environments of models are shared by all homes of a session: each is built once."""
    prepare_home(home)
    (home / "environments").symlink_to(environments, target_is_directory=True)
    return home


def with_few_tools(home: Path) -> Path:
    """Let the gate of this home run the tests of the model and no other tool.

    Each of the others takes seconds of the processor, and has stories and tests of its own.
    """
    policy = {"checks": {name: {"mode": "off"} for name in OTHER_TOOLS}}
    (home / "policy.yml").write_text(yaml.safe_dump(policy))
    return home


def end_everything(home: Path) -> None:
    """MLflow and the keepers outlive their server by design, and must not outlive a test."""
    asyncio.run(MLflowServer(home).stop())
    for owner in (RunFolder(run).owner() for run in (home / "runs").glob("*")):
        if owner is not None:
            processes.kill(owner.pid, owner.started)
    asyncio.run(_end_long_runs(home))


async def _end_long_runs(home: Path) -> None:
    sandbox = await reopened(Level.LIMITS, home)
    for run in (home / "runs").glob("*"):
        for key in RunFolder(run).model_keys():
            await sandbox.end(key)


class Up:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.settings: Settings = from_environment(home, port=self.port)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.settings.public_url

    @property
    def said(self) -> str:
        return (self.home / "up.log").read_text("utf-8", "replace")

    def start(self) -> None:
        with (self.home / "up.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sluss", "up", "--home", str(self.home)],
                env={**os.environ, "SLUSS_PORT": str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_S
        while not self.is_ready():
            assert self._process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def is_ready(self) -> bool:
        ready = f"{self.url}/health/ready"
        try:
            with urllib.request.urlopen(ready, timeout=5) as answer:  # noqa: S310 - ours
                return answer.status == 200
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @property
    def process(self) -> psutil.Process:
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def wait(self, seconds: float) -> None:
        """Somebody has asked it to end."""
        assert self._process is not None
        self._process.wait(seconds)

    def kill_mlflow(self) -> None:
        """With SIGKILL, leader and workers, as the machine does when its memory runs out."""
        killed = [process for process in psutil.process_iter() if self._is_mlflow(process)]
        assert killed, "MLflow was not there to be killed"
        for process in killed:
            process.kill()
        psutil.wait_procs(killed, timeout=END_S)

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self.kill()
        end_everything(self.home)

    def _is_mlflow(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(OWNER) == str(self.home.resolve() / "mlflow")
        except (psutil.Error, OSError):
            return False
