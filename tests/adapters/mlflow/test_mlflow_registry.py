"""The contract on a real MLflow, and what is MLflow's own."""

import socket
import time
from collections.abc import AsyncIterator

import pytest

from adapters.mlflow import Mlflow, MlflowSettings, build
from adapters.mlflow.registry import MlflowRegistry
from adapters.mlflow.server import MLflowServer
from core.errors import StepFailedError, UnavailableError
from core.words import ReleaseId, Stage
from tests.adapters.mlflow.workbench import SHARED_STORE, MlflowBench, client_of
from tests.adapters.model_registry_contract import FIRST, SECOND, ModelRegistryContract

NOBODY = "http://127.0.0.1:9"


class TestMlflowRegistry(ModelRegistryContract):
    pass


async def _registered(bench: MlflowBench, *releases: ReleaseId) -> tuple[str, ...]:
    """The model, then the version of each release."""
    model = bench.model()
    run = await bench.tracking.open_run(model, FIRST, {})
    await bench.train(run, "yes")
    tags = {"git.sha": "abc"}
    found = [await bench.registry.register(model, release, run, tags) for release in releases]
    return model, *(registered.version for registered in found)


async def test_a_version_tells_an_outsider_what_it_is(bench: MlflowBench):
    model, version = await _registered(bench, FIRST)
    read = await bench.registry.read(model, version)
    found = bench.client.get_model_version(model, version)
    assert found.description == "Release loans-1, registered by Sluss."
    assert found.tags == {
        "git.sha": "abc",
        "sluss.release": FIRST,
        "sluss.artifact_digest": read.digest,
    }


async def test_what_log_model_logs_is_registered_and_loads(bench: MlflowBench):
    model = bench.model()
    run = await bench.tracking.open_run(model, FIRST, {})
    await bench.log_model(run)
    registered = await bench.registry.register(model, FIRST, run, {})
    assert bench.client.get_model_version(model, registered.version).run_id == run
    read = await bench.registry.read(model, registered.version)
    assert (read.digest, read.source) == (registered.artifact_digest, registered.source)


async def test_a_twin_that_a_killed_worker_left_is_removed(bench: MlflowBench):
    model, version = await _registered(bench, FIRST)
    first = bench.client.get_model_version(model, version)
    bench.client.create_model_version(
        model,
        first.source,
        first.run_id,
        tags=dict(first.tags),
        model_id=first.source.removeprefix("models:/"),
    )
    found = await bench.registry.register(model, FIRST, first.run_id, {})
    left = bench.client.search_model_versions(f"name = '{model}'")
    assert [found.version] == [str(one.version) for one in left] == [version]


async def test_a_version_without_files_is_an_error_and_no_digest(bench: MlflowBench, adopted):
    model, version = await _registered(bench, FIRST)
    uri = bench.client.get_model_version_download_uri(model, version)
    stored = adopted.home / "mlflow" / "artifacts" / uri.removeprefix("mlflow-artifacts:/")
    for path in stored.iterdir():
        path.unlink()
    with pytest.raises(StepFailedError, match="no artifact files any more"):
        await bench.registry.read(model, version)


async def test_the_earlier_holder_says_no_more_that_it_holds_the_stage(bench: MlflowBench):
    model, old, new = await _registered(bench, FIRST, SECOND)
    await bench.registry.place(model, old, Stage.QA, FIRST)
    await bench.registry.place(model, new, Stage.QA, SECOND)
    tagged = {v: bench.client.get_model_version(model, v).tags for v in (old, new)}
    assert [v for v in (old, new) if "sluss.stage.QA" in tagged[v]] == [new]


@pytest.fixture
async def apart(bench: MlflowBench, other_server: MLflowServer) -> AsyncIterator[Mlflow]:
    """An adapter whose runs are on the bench's server and whose versions are on another one."""
    settings = MlflowSettings(tracking_uri=bench.uri, registry_uri=other_server.uri, threads=1)
    apart = build(settings)
    yield apart
    await apart.close()


async def test_runs_and_versions_may_be_on_two_servers(
    bench: MlflowBench, apart: Mlflow, other_server: MLflowServer
):
    model, elsewhere = bench.model(), client_of(other_server.uri)
    elsewhere.create_registered_model(model)
    version = str(elsewhere.create_model_version(model, SHARED_STORE).version)
    run = await apart.tracking.open_run(model, FIRST, {})
    await bench.train(run, "yes")

    assert await apart.registry.place(model, version, Stage.QA, FIRST) == ""
    assert (await apart.registry.holders(model) or {})[Stage.QA] == version
    assert await apart.tracking.metrics(run) == {"auc": 0.75}
    assert await bench.registry.holders(model) is None
    assert elsewhere.get_experiment_by_name(model) is None


async def test_a_registry_that_cannot_reach_the_artifact_says_so(bench: MlflowBench, apart: Mlflow):
    model = bench.model()
    run = await apart.tracking.open_run(model, FIRST, {})
    await bench.train(run, "yes")
    with pytest.raises(StepFailedError, match=r"no other registry.*Nothing was registered"):
        await apart.registry.register(model, FIRST, run, {})
    assert await apart.registry.holders(model) is None


async def test_a_release_that_is_no_release_is_not_asked_for(bench: MlflowBench):
    with pytest.raises(StepFailedError, match="is no release"):
        await bench.registry.find(bench.model(), ReleaseId("x' or '1'='1"))


async def test_a_server_that_is_down_is_unavailable_at_once():
    registry = MlflowRegistry(MlflowSettings(tracking_uri=NOBODY))
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="tried again by itself"):
        await registry.ping()
    assert time.monotonic() - began < 4
    await registry.close()


async def test_a_server_that_hangs_is_unavailable_within_seconds():
    """Connects and never answers, as a server that is stopped or overloaded."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        registry = MlflowRegistry(MlflowSettings(tracking_uri=address))
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            await registry.holders("loan_default")
        assert 2 < time.monotonic() - began < 6
        await registry.close()


async def test_an_address_that_mlflow_cannot_use_is_refused_in_our_words():
    """MLflow's client says so when it is made, before it asks anybody."""
    registry = MlflowRegistry(MlflowSettings(tracking_uri="nonsense://nowhere"))
    with pytest.raises(StepFailedError, match="MLflow refused this"):
        await registry.ping()
    await registry.close()
