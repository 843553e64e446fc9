"""The contract on a real MLflow, and what is MLflow's own."""

import pytest

from adapters.mlflow.settings import MlflowSettings
from adapters.mlflow.tracking import MlflowTracking
from core.errors import UnavailableError
from tests.adapters.mlflow.workbench import MlflowBench
from tests.adapters.tracking_contract import FIRST, TrackingContract

NOBODY = "http://127.0.0.1:9"


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
