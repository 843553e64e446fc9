"""What every tracking of runs must do: a subclass brings the fixture ``bench``."""

import asyncio
from functools import partial

import pytest

from core.errors import StepFailedError, UnknownNameError
from core.words import TrackedState
from tests.adapters.model_registry_contract import (
    FIRST,
    RACERS,
    REFUSED_NAMES,
    SECOND,
    Bench,
    patiently,
)


class TrackingContract:
    async def test_the_run_of_a_release_is_found_again(self, bench: Bench):
        model = bench.model()
        run = await bench.tracking.open_run(model, FIRST, {"git.sha": "abc"})
        assert (
            await bench.another_worker().tracking.open_run(model, FIRST, {"git.sha": "abc"}) == run
        )

    async def test_each_release_has_its_own_run(self, bench: Bench):
        model = bench.model()
        first = await bench.tracking.open_run(model, FIRST, {})
        assert await bench.tracking.open_run(model, SECOND, {}) != first

    async def test_workers_that_race_open_one_run(self, bench: Bench):
        model = bench.model()
        workers = [bench.another_worker().tracking for _ in range(RACERS)]
        asked = (partial(worker.open_run, model, FIRST, {}) for worker in workers)
        runs = await asyncio.gather(*map(patiently, asked))
        assert set(runs) == {await bench.tracking.open_run(model, FIRST, {})}

    async def test_the_metrics_of_a_run_are_read(self, bench: Bench):
        run = await bench.tracking.open_run(bench.model(), FIRST, {})
        await bench.train(run, "yes")
        assert await bench.tracking.metrics(run) == {"auc": 0.75}

    async def test_the_metrics_of_an_unknown_run_are_an_error(self, bench: Bench):
        with pytest.raises(UnknownNameError, match="no run called"):
            await bench.tracking.metrics("0" * 32)

    async def test_the_newest_model_of_a_run_is_told_file_by_file(self, bench: Bench):
        run = await bench.tracking.open_run(bench.model(), FIRST, {})
        await bench.train(run, "old")
        old = await bench.tracking.logged(run)
        await bench.train(run, "new")
        new = await bench.another_worker().tracking.logged(run)
        assert new.digest != old.digest
        assert {"MLmodel", "python_model.pkl"} <= set(new.files)
        assert await bench.tracking.logged(run) == new

    async def test_a_run_that_has_logged_no_model_says_so(self, bench: Bench):
        run = await bench.tracking.open_run(bench.model(), FIRST, {})
        with pytest.raises(StepFailedError, match="has no model called"):
            await bench.tracking.logged(run)

    @pytest.mark.parametrize("deleted", ["run", "experiment"])
    async def test_a_run_that_was_deleted_is_unknown(self, bench: Bench, deleted: str):
        model = bench.model()
        run = await bench.tracking.open_run(model, FIRST, {})
        await bench.train(run, "yes")
        await (bench.delete_run(run) if deleted == "run" else bench.delete_experiment(model))
        for asked in (bench.tracking.metrics(run), bench.tracking.logged(run)):
            with pytest.raises(UnknownNameError, match="no run called"):
                await asked

    @pytest.mark.parametrize(
        ("marks", "shown"),
        [
            ([], TrackedState.RUNNING),
            ([TrackedState.FAILED], TrackedState.FAILED),
            ([TrackedState.KILLED] * 2, TrackedState.KILLED),
            ([TrackedState.FAILED, TrackedState.KILLED], TrackedState.FAILED),
            ([TrackedState.FAILED, TrackedState.RUNNING], TrackedState.RUNNING),
            ([TrackedState.FAILED, TrackedState.RUNNING, TrackedState.KILLED], TrackedState.KILLED),
            ([TrackedState.KILLED, TrackedState.FINISHED], TrackedState.FINISHED),
        ],
    )
    async def test_a_run_is_shown_as_it_ended_and_a_retry_goes_on_with_it(
        self, bench: Bench, marks: list[TrackedState], shown: TrackedState
    ):
        run = await bench.tracking.open_run(bench.model(), FIRST, {})
        for mark in marks:
            await bench.tracking.mark(run, mark)
        assert await bench.tracked_state(run) == shown

    async def test_an_unknown_run_has_no_end(self, bench: Bench):
        with pytest.raises(UnknownNameError, match="no run called"):
            await bench.tracking.mark("0" * 32, TrackedState.FAILED)

    async def test_an_unknown_run_has_logged_nothing(self, bench: Bench):
        with pytest.raises(UnknownNameError, match="no run called"):
            await bench.tracking.logged("0" * 32)

    @pytest.mark.parametrize("name", REFUSED_NAMES)
    async def test_a_name_that_no_experiment_can_have_is_refused_first(
        self, bench: Bench, name: str
    ):
        with pytest.raises(StepFailedError, match="change MODEL_NAME"):
            await bench.tracking.open_run(name, FIRST, {})
