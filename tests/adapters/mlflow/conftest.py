"""One real MLflow server shared by all tests here, as its start is their slowest part."""

import asyncio
import os
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.mlflow import configure
from adapters.mlflow.server import MLflowServer
from tests.adapters.mlflow.workbench import MlflowBench
from tests.peers.mlflow import running

ROOT = Path(__file__).parents[3]

PARENT = """
import asyncio, pathlib, sys
from adapters.mlflow.server import MLflowServer

server = MLflowServer(pathlib.Path(sys.argv[1]))
asyncio.run(server.start())
print(server.uri, flush=True)
sys.stdin.read()
"""


@dataclass
class Adopted:
    """A server that was found running, and what its starter knew of it before it was killed."""

    server: MLflowServer
    home: Path
    uri_before: str
    was_adopted: bool


@pytest.fixture(scope="package")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adopted]:
    """Kill the process that starts a server, then adopt the server while it is still starting."""
    home = tmp_path_factory.mktemp("home with a blank")
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        uri = parent.stdout.readline().strip()
        parent.kill()
    server = MLflowServer(home)
    was_adopted = asyncio.run(server.start())
    try:
        asyncio.run(server.ready(120))
        yield Adopted(server, home, uri, was_adopted)
    finally:
        asyncio.run(server.stop())


@pytest.fixture(scope="package")
def server(adopted: Adopted) -> MLflowServer:
    return adopted.server


@pytest.fixture(scope="package")
def other_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MLflowServer]:
    """A second server, for a registry that is not where the runs are."""
    with running(tmp_path_factory.mktemp("another home")) as found:
        yield found


@pytest.fixture(scope="package", autouse=True)
def _configured() -> Iterator[None]:
    before = dict(os.environ)
    configure(os.environ)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about type hints of MLflow's own
        import mlflow.pyfunc  # noqa: F401, PLC0415
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def saved_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("saved_models")


@pytest.fixture
async def bench(adopted: Adopted, saved_models: Path) -> AsyncIterator[MlflowBench]:
    artifacts = adopted.home / "mlflow" / "artifacts"
    bench = MlflowBench(adopted.server.uri, artifacts, saved_models)
    yield bench
    await bench.close()
