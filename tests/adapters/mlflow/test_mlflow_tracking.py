"""The contract on a real MLflow, and what is MLflow's own."""

import os
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from adapters.mlflow import configure
from adapters.mlflow.settings import MlflowSettings
from adapters.mlflow.tracking import MlflowTracking
from core.errors import UnavailableError
from tests.adapters.mlflow.workbench import MlflowBench
from tests.adapters.tracking_contract import FIRST, TrackingContract

NOBODY = "http://127.0.0.1:9"
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


class TestMlflowTracking(TrackingContract):
    """The whole contract."""


async def test_a_run_carries_its_release_and_tags(bench: MlflowBench):
    model = bench.model()
    run = await bench.tracking.open_run(model, FIRST, {"git.sha": "abc"})
    found = bench.client.get_run(run)
    assert found.data.tags["sluss.release"] == FIRST
    assert found.data.tags["git.sha"] == "abc"
    assert bench.client.get_experiment(found.info.experiment_id).name == model


async def test_a_run_in_a_deleted_experiment_is_found_again(bench: MlflowBench):
    model = bench.model()
    run = await bench.tracking.open_run(model, FIRST, {})
    bench.client.delete_experiment(bench.client.get_run(run).info.experiment_id)
    assert await bench.tracking.open_run(model, FIRST, {}) == run
    assert bench.client.get_run(run).info.lifecycle_stage == "active"


async def test_a_deleted_run_is_brought_back(bench: MlflowBench):
    model = bench.model()
    run = await bench.tracking.open_run(model, FIRST, {})
    bench.client.delete_run(run)
    assert await bench.tracking.open_run(model, FIRST, {}) == run
    assert bench.client.get_run(run).info.lifecycle_stage == "active"


async def test_a_server_that_is_down_is_unavailable():
    tracking = MlflowTracking(MlflowSettings(tracking_uri=NOBODY))
    with pytest.raises(UnavailableError, match="tried again by itself"):
        await tracking.metrics("0" * 32)
    await tracking.close()


@pytest.fixture
async def proxied(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """What a proxy is asked that leads to the outside alone: it answers 403 to everything."""
    asked: list[str] = []

    async def refuse(request: web.BaseRequest) -> web.Response:
        asked.append(str(request.url))
        return web.Response(status=403)

    runner = web.ServerRunner(web.Server(refuse))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    for name in PROXIES:
        monkeypatch.setenv(name, f"http://127.0.0.1:{runner.addresses[0][1]}")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "pypi.bank.example")
    yield asked
    await runner.cleanup()


async def test_a_proxy_is_not_asked_for_an_mlflow_of_this_machine(
    bench: MlflowBench, proxied: list[str]
):
    configure(os.environ)
    run = await bench.tracking.open_run(bench.model(), FIRST, {})

    assert await bench.tracking.metrics(run) == {}
    assert proxied == []
    assert os.environ["NO_PROXY"].startswith("pypi.bank.example,localhost,")
