"""The contract on a real MLflow, and what is MLflow's own."""

import socket
import time

import pytest

from adapters.mlflow.registry import MlflowRegistry
from core.errors import StepFailedError, UnavailableError
from core.words import ReleaseId, Stage
from tests.adapters.mlflow.workbench import MlflowBench
from tests.adapters.model_registry_contract import FIRST, SECOND, ModelRegistryContract

NOBODY = "http://127.0.0.1:9"


class TestMlflowRegistry(ModelRegistryContract):
    pass


async def _registered(bench: MlflowBench, *releases: ReleaseId) -> tuple[str, ...]:
    """The model, then the version of each release."""
    model = bench.model()
    run = await bench.registry.open_run(model, FIRST, {})
    await bench.train(run, "yes")
    tags = {"git.sha": "abc"}
    found = [await bench.registry.register(model, release, run, tags) for release in releases]
    return model, *(registered.version for registered in found)


async def test_a_run_carries_its_release_and_tags(bench: MlflowBench):
    model = bench.model()
    run = await bench.registry.open_run(model, FIRST, {"git.sha": "abc"})
    found = bench.client.get_run(run)
    assert found.data.tags["sluss.release"] == FIRST
    assert found.data.tags["git.sha"] == "abc"
    assert bench.client.get_experiment(found.info.experiment_id).name == model


async def test_a_run_in_a_deleted_experiment_is_found_again(bench: MlflowBench):
    model = bench.model()
    run = await bench.registry.open_run(model, FIRST, {})
    bench.client.delete_experiment(bench.client.get_run(run).info.experiment_id)
    assert await bench.registry.open_run(model, FIRST, {}) == run
    assert bench.client.get_run(run).info.lifecycle_stage == "active"


async def test_a_deleted_run_is_brought_back(bench: MlflowBench):
    model = bench.model()
    run = await bench.registry.open_run(model, FIRST, {})
    bench.client.delete_run(run)
    assert await bench.registry.open_run(model, FIRST, {}) == run
    assert bench.client.get_run(run).info.lifecycle_stage == "active"


async def test_a_version_tells_an_outsider_what_it_is(bench: MlflowBench):
    model, version = await _registered(bench, FIRST)
    registered = await bench.registry.read(model, version)
    found = bench.client.get_model_version(model, version)
    assert found.description == "Release loans-1, registered by Sluss."
    assert found.tags == {
        "git.sha": "abc",
        "sluss.release": FIRST,
        "sluss.artifact_digest": registered.artifact_digest,
    }


async def test_what_log_model_logs_is_registered_and_loads(bench: MlflowBench):
    model = bench.model()
    run = await bench.registry.open_run(model, FIRST, {})
    await bench.log_model(run)
    registered = await bench.registry.register(model, FIRST, run, {})
    assert bench.client.get_model_version(model, registered.version).run_id == run
    assert await bench.registry.read(model, registered.version) == registered


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


async def test_production_shows_as_aliases_and_tag(bench: MlflowBench):
    model, version = await _registered(bench, FIRST)
    await bench.registry.place(model, version, Stage.PROD, FIRST)
    found = bench.client.get_model_version(model, version)
    assert sorted(found.aliases) == ["champion", "prod"]
    assert found.tags["sluss.stage.PROD"] == FIRST


async def test_the_earlier_holder_loses_its_tag_and_stays_known(bench: MlflowBench):
    model, old, new = await _registered(bench, FIRST, SECOND)
    await bench.registry.place(model, old, Stage.QA, FIRST)
    await bench.registry.place(model, new, Stage.QA, SECOND)
    assert "sluss.stage.QA" not in bench.client.get_model_version(model, old).tags
    assert bench.client.get_registered_model(model).tags["sluss.previous.QA"] == old


@pytest.mark.parametrize("alias", ["prod", "champion"])
async def test_an_alias_moved_by_hand_is_seen(bench: MlflowBench, alias: str):
    model, old, new = await _registered(bench, FIRST, SECOND)
    await bench.registry.place(model, old, Stage.PROD, FIRST)
    bench.client.set_registered_model_alias(model, alias, new)
    assert (await bench.registry.holders(model) or {})[Stage.PROD] == new
    assert await bench.registry.place(model, old, Stage.PROD, FIRST) == new


async def test_an_alias_removed_by_hand_is_seen(bench: MlflowBench):
    model, version = await _registered(bench, FIRST)
    await bench.registry.place(model, version, Stage.PROD, FIRST)
    bench.client.delete_registered_model_alias(model, "champion")
    assert (await bench.registry.holders(model) or {})[Stage.PROD] == ""


async def test_a_placement_that_was_cut_off_is_completed(bench: MlflowBench):
    """As if killed after the first alias: the earlier holder is noted, the rest is missing."""
    model, old, new = await _registered(bench, FIRST, SECOND)
    await bench.registry.place(model, old, Stage.PROD, FIRST)
    bench.client.set_registered_model_tag(model, "sluss.previous.PROD", old)
    bench.client.set_registered_model_alias(model, "prod", new)
    assert await bench.registry.place(model, new, Stage.PROD, SECOND) == old
    assert sorted(bench.client.get_model_version(model, new).aliases) == ["champion", "prod"]


async def test_a_release_that_is_no_release_is_not_asked_for(bench: MlflowBench):
    with pytest.raises(StepFailedError, match="is no release"):
        await bench.registry.find(bench.model(), ReleaseId("x' or '1'='1"))


async def test_a_server_that_is_down_is_unavailable_at_once():
    registry = MlflowRegistry(NOBODY)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="tried again by itself"):
        await registry.ping()
    assert time.monotonic() - began < 4
    await registry.close()


async def test_a_server_that_hangs_is_unavailable_within_seconds():
    """Connects and never answers, as a server that is stopped or overloaded."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        registry = MlflowRegistry(f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            await registry.holders("loan_default")
        assert 2 < time.monotonic() - began < 6
        await registry.close()
