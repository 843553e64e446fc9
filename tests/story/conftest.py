"""The whole product for tests: real `sluss up`, real MLflow, real environments and runs."""

import asyncio
import contextlib
import json
import os
import warnings

import pytest

from adapters.mlflow import configure
from tests.story.onlooker import looking, registered, rules
from tests.story.up import Up, made_home, with_few_tools


@pytest.fixture(scope="package", autouse=True)
def _configured():
    """Set MLflow's variables first, since its client reads them only, and silence its import."""
    before = dict(os.environ)
    configure(os.environ)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.pyfunc  # noqa: F401, PLC0415
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="package")
def up(tmp_path_factory, environments):
    """A server for all test files that only ask it; MLflow and the runs end with it."""
    home = made_home(tmp_path_factory.mktemp("story") / "home", environments)
    with running(with_few_tools(home)) as found:
        yield found


@pytest.fixture(scope="module")
def killed_up(tmp_path_factory, environments):
    """A server of its own for the test file that kills it."""
    with running(made_home(tmp_path_factory.mktemp("killed") / "home", environments)) as found:
        yield found


@contextlib.contextmanager
def running(home):
    found = Up(home)
    try:
        found.start()
        yield found
    finally:
        found.end()


@pytest.fixture
async def onlooker(up):
    async with looking(up) as found:
        yield found


@pytest.fixture(scope="package")
def release(up, tmp_path_factory):
    """A registered release of loan_rules; each test asks for QA anew and leaves it registered."""
    return asyncio.run(_registered(up, tmp_path_factory.mktemp("work") / "loan_rules"))


async def _registered(up, folder):
    async with looking(up) as onlooker:
        return await registered(onlooker, await rules(folder, up.settings))


@pytest.fixture(scope="package")
def ask_mlflow(_configured):
    """A function that returns MLflow's own client for the server of a home."""
    from mlflow import MlflowClient  # noqa: PLC0415 - it takes seconds, and warns

    def client(home):
        port = json.loads((home / "mlflow" / "server.json").read_bytes())["port"]
        uri = f"http://127.0.0.1:{port}"
        return MlflowClient(tracking_uri=uri, registry_uri=uri)

    return client
