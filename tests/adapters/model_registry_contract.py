"""What every model registry must do: a subclass brings the fixture ``bench``."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, TypeVar

import pytest

from core.errors import GoneError, StepFailedError, UnavailableError, UnknownNameError
from core.ports import ModelRegistry, Tracking
from core.words import ReleaseId, Stage

FIRST, SECOND = ReleaseId("loans-1"), ReleaseId("loans-2")
RACERS = 4
TRIES = 10
Answer = TypeVar("Answer")
REFUSED_NAMES = ["", "a/b", "a:b", "a b", "länder", "..", "a'b", "x" * 201]


async def patiently(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """As a worker does it: whoever does not answer for some seconds is asked again."""
    for _ in range(TRIES):
        try:
            return await ask()
        except UnavailableError:
            await asyncio.sleep(1)
    return await ask()


class OtherWorker(Protocol):
    @property
    def tracking(self) -> Tracking: ...

    @property
    def registry(self) -> ModelRegistry: ...


class Bench(Protocol):
    """A registry under test, the tracking of its runs, and what happens around them."""

    tracking: Tracking
    registry: ModelRegistry

    def model(self) -> str:
        """A model name that nobody used before."""

    def another_worker(self) -> OtherWorker:
        """The same two as another process would see them."""

    async def train(self, run: str, answer: str) -> None:
        """Log a model that always gives this answer, and the metric auc=0.75."""

    async def tamper(self, model: str, version: str) -> None:
        """Change one byte of the stored artifact."""

    async def lose_files(self, model: str, version: str) -> None:
        """Remove all files of the stored artifact."""

    async def delete_version(self, model: str, version: str) -> None: ...

    async def delete_model(self, model: str) -> None: ...

    async def tracked_state(self, run: str) -> str:
        """What the tracking server shows as the state of the run."""

    async def delete_run(self, run: str) -> None: ...

    async def delete_experiment(self, model: str) -> None: ...


class ModelRegistryContract:
    async def test_a_release_that_was_not_registered_is_not_found(self, bench: Bench):
        assert await bench.registry.find(bench.model(), FIRST) is None

    async def test_a_registered_release_is_found_again(self, bench: Bench):
        model, registered = await _registered(bench, FIRST)
        assert await bench.another_worker().registry.find(model, FIRST) == registered
        assert await bench.registry.find(model, SECOND) is None

    async def test_registering_twice_makes_one_version(self, bench: Bench):
        model = bench.model()
        run = await _trained(bench, model, FIRST)
        first = await bench.registry.register(model, FIRST, run, {})
        assert await bench.registry.register(model, FIRST, run, {}) == first
        read = await bench.registry.read(model, first.version)
        assert (read.digest, read.source) == (first.artifact_digest, first.source)

    async def test_workers_that_race_register_one_version(self, bench: Bench):
        model = bench.model()
        run = await _trained(bench, model, FIRST)
        workers = [bench.another_worker().registry for _ in range(RACERS)]
        asked = (partial(worker.register, model, FIRST, run, {}) for worker in workers)
        found = await asyncio.gather(*map(patiently, asked))
        assert len({registered.version for registered in found}) == 1
        assert await bench.registry.find(model, FIRST) == found[0]

    async def test_a_run_without_a_model_registers_nothing(self, bench: Bench):
        model = bench.model()
        run = await bench.tracking.open_run(model, FIRST, {})
        with pytest.raises(StepFailedError, match="Nothing was registered"):
            await bench.registry.register(model, FIRST, run, {})
        assert await bench.registry.holders(model) is None

    async def test_a_retried_step_registers_its_newest_model(self, bench: Bench):
        model = bench.model()
        run = await _trained(bench, model, FIRST, answer="old")
        first = await bench.registry.register(model, FIRST, run, {})
        await bench.train(run, "new")
        second = await bench.registry.register(model, SECOND, run, {})
        assert second.artifact_digest != first.artifact_digest

    async def test_a_changed_artifact_has_another_digest(self, bench: Bench):
        model, registered = await _registered(bench, FIRST)
        await bench.tamper(model, registered.version)
        changed = await bench.registry.read(model, registered.version)
        assert changed.digest != registered.artifact_digest

    async def test_a_version_has_the_files_of_the_model_that_was_logged(self, bench: Bench):
        model = bench.model()
        run = await _trained(bench, model, FIRST)
        logged = await bench.tracking.logged(run)
        registered = await bench.registry.register(model, FIRST, run, {})
        assert registered.artifact_digest == logged.digest
        assert (await bench.registry.read(model, registered.version)).files == logged.files

    async def test_a_version_whose_files_are_gone_says_so(self, bench: Bench):
        model, registered = await _registered(bench, FIRST)
        await bench.lose_files(model, registered.version)
        with pytest.raises(GoneError, match="no artifact files any more"):
            await bench.registry.read(model, registered.version)

    async def test_a_version_that_was_deleted_cannot_be_read(self, bench: Bench):
        model, registered = await _registered(bench, FIRST)
        await bench.delete_version(model, registered.version)
        with pytest.raises(UnknownNameError, match="no model version called"):
            await bench.registry.read(model, registered.version)

    async def test_a_model_that_was_deleted_has_no_version_and_no_holders(self, bench: Bench):
        model, registered = await _registered(bench, FIRST)
        await bench.delete_model(model)
        with pytest.raises(UnknownNameError, match="no model version called"):
            await bench.registry.read(model, registered.version)
        assert await bench.registry.holders(model) is None

    async def test_a_run_that_was_deleted_registers_nothing(self, bench: Bench):
        model = bench.model()
        run = await _trained(bench, model, FIRST)
        await bench.delete_run(run)
        with pytest.raises(UnknownNameError, match="no run called"):
            await bench.registry.register(model, FIRST, run, {})

    async def test_an_unknown_version_cannot_be_read(self, bench: Bench):
        model, _ = await _registered(bench, FIRST)
        with pytest.raises(UnknownNameError, match="no model version called"):
            await bench.registry.read(model, "77")

    async def test_an_unknown_model_has_no_holders(self, bench: Bench):
        assert await bench.registry.holders(bench.model()) is None

    async def test_a_new_version_holds_no_stage(self, bench: Bench):
        model, _ = await _registered(bench, FIRST)
        assert await bench.registry.holders(model) == dict.fromkeys(Stage, "")

    async def test_placing_tells_who_held_the_stage_before(self, bench: Bench):
        registry, (model, old, new) = bench.registry, await _two_versions(bench)
        assert await registry.place(model, old, Stage.PROD, FIRST) == ""
        assert await registry.place(model, new, Stage.PROD, SECOND) == old
        assert (await registry.holders(model) or {})[Stage.PROD] == new

    async def test_placing_the_holder_again_still_tells_who_was_before(self, bench: Bench):
        registry, (model, old, new) = bench.registry, await _two_versions(bench)
        await registry.place(model, old, Stage.QA, FIRST)
        await registry.place(model, new, Stage.QA, SECOND)
        assert await bench.another_worker().registry.place(model, new, Stage.QA, SECOND) == old
        assert (await registry.holders(model) or {})[Stage.QA] == new

    async def test_a_rollback_is_a_placement_like_any_other(self, bench: Bench):
        registry, (model, old, new) = bench.registry, await _two_versions(bench)
        await registry.place(model, old, Stage.PROD, FIRST)
        await registry.place(model, new, Stage.PROD, SECOND)
        assert await registry.place(model, old, Stage.PROD, FIRST) == new
        assert (await registry.holders(model) or {})[Stage.PROD] == old

    async def test_the_stages_have_holders_of_their_own(self, bench: Bench):
        registry, (model, old, new) = bench.registry, await _two_versions(bench)
        await registry.place(model, old, Stage.PROD, FIRST)
        await registry.place(model, new, Stage.QA, SECOND)
        expected = {Stage.TST: "", Stage.QA: new, Stage.PROD: old}
        assert await registry.holders(model) == expected

    async def test_the_holders_of_all_models_are_told_at_once(self, bench: Bench):
        registry, (model, old, new) = bench.registry, await _two_versions(bench)
        other, _ = await _registered(bench, FIRST)
        await registry.place(model, old, Stage.PROD, FIRST)
        await registry.place(model, new, Stage.QA, SECOND)
        everything = await registry.all_holders()
        assert everything[model] == {Stage.TST: "", Stage.QA: new, Stage.PROD: old}
        assert everything[other] == dict.fromkeys(Stage, "")

    async def test_what_does_not_exist_cannot_be_placed(self, bench: Bench):
        with pytest.raises(UnknownNameError, match="no registered model called"):
            await bench.registry.place(bench.model(), "1", Stage.QA, FIRST)
        model, _ = await _registered(bench, FIRST)
        with pytest.raises(UnknownNameError, match="no model version called"):
            await bench.registry.place(model, "77", Stage.QA, FIRST)

    @pytest.mark.parametrize("name", REFUSED_NAMES)
    async def test_a_name_that_registries_refuse_is_refused_first(self, bench: Bench, name: str):
        with pytest.raises(StepFailedError, match="change MODEL_NAME"):
            await bench.registry.holders(name)

    async def test_a_registry_that_is_there_answers_a_ping(self, bench: Bench):
        await bench.registry.ping()


async def _trained(bench: Bench, model: str, release: ReleaseId, answer: str = "yes") -> str:
    run = await bench.tracking.open_run(model, release, {})
    await bench.train(run, answer)
    return run


async def _registered(bench: Bench, release: ReleaseId):
    model = bench.model()
    run = await _trained(bench, model, release)
    return model, await bench.registry.register(model, release, run, {})


async def _two_versions(bench: Bench) -> tuple[str, str, str]:
    model = bench.model()
    run = await _trained(bench, model, FIRST)
    old = await bench.registry.register(model, FIRST, run, {})
    new = await bench.registry.register(model, SECOND, run, {})
    return model, old.version, new.version
