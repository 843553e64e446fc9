"""One real MLflow server for all tests here."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.local_runs import LocalRuns
from adapters.mlflow import Mlflow, MlflowSettings, build, configure
from core.ports import ModelRegistry, Tracking
from tests.peers.mlflow import running

PASSED_ON = ("SSL_CERT_FILE", "HTTPS_PROXY", "NO_PROXY")


@dataclass
class Machine:
    """The settings of ``LocalRuns``, so that a test can make another one like it."""

    home: Path
    tracking_uri: str
    index_env: dict[str, str]

    def settings(self) -> dict[str, Any]:
        return {
            "tracking_uri": self.tracking_uri,
            "uv": str(Path(sys.executable).with_name("uv")),
            "python": sys.executable,
            "index_env": self.index_env,
        }

    def runs(self, **changes: Any) -> LocalRuns:
        return LocalRuns(self.home, **{**self.settings(), **changes})


@pytest.fixture(scope="package")
def machine(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[Machine]:
    home = tmp_path_factory.mktemp("sluss home")
    (home / "environments").symlink_to(environments, target_is_directory=True)
    before = dict(os.environ)
    index_env = {
        name: value for name, value in before.items() if name in PASSED_ON or name.startswith("UV_")
    }
    configure(os.environ)
    try:
        with running(home) as server:
            yield Machine(home, server.uri, index_env)
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def platform(machine: Machine) -> LocalRuns:
    return machine.runs()


@pytest.fixture
async def mlflow(machine: Machine) -> AsyncIterator[Mlflow]:
    built = build(MlflowSettings(tracking_uri=machine.tracking_uri, threads=1))
    yield built
    await built.close()


@pytest.fixture
def registry(mlflow: Mlflow) -> ModelRegistry:
    return mlflow.registry


@pytest.fixture
def tracking(mlflow: Mlflow) -> Tracking:
    return mlflow.tracking
