"""The runs of releases in MLflow's tracking, as blocking calls."""

import time
from collections.abc import Mapping
from typing import Final

from mlflow.entities import Run, ViewType
from mlflow.tracking import MlflowClient

from adapters.mlflow.artifacts import newest_model, read_model, run_of
from adapters.mlflow.errors import EXISTS, tolerating
from adapters.mlflow.names import RELEASE_TAG, quoted
from adapters.mlflow.settings import MlflowSettings
from core.artifact import Artifact
from core.words import ReleaseId, TrackedState

SETTLE_S: Final = 0.2
YOUNG_MS: Final = 5000


class Runs:
    """Finds, makes and reads runs; model names have passed ``check_model_name`` before."""

    def __init__(self, settings: MlflowSettings) -> None:
        self._settings = settings
        self._client = MlflowClient(
            tracking_uri=settings.tracking_uri, registry_uri=settings.registry
        )

    def open_run(self, model: str, release: ReleaseId, tags: Mapping[str, str]) -> str:
        """Return the run of the release, and make it when there is none.

        MLflow cannot create only once: of runs made at the same time, the earliest stays. So it
        waits until a process that looked before our run was there has made its own, too.
        """
        experiment = self._experiment(model)
        began = time.monotonic()
        runs = self._found(experiment, release)
        mine = "" if runs else self._create(experiment, release, tags)
        if mine or _is_young(runs[0]):
            time.sleep(SETTLE_S + 2 * (time.monotonic() - began))
            runs = self._found(experiment, release)
        first = runs[0]
        if mine and first.info.run_id != mine:
            self._client.delete_tag(mine, RELEASE_TAG)  # else it would be found and restored
            self._client.delete_run(mine)
        return self._revived(first)

    def metrics(self, run: str) -> dict[str, float]:
        return dict(run_of(self._client, run).data.metrics)

    def mark(self, run: str, state: TrackedState) -> None:
        now = run_of(self._client, run).info.status
        if now == state or (now, state) == (TrackedState.FAILED, TrackedState.KILLED):
            return
        if state is TrackedState.RUNNING:
            self._client.update_run(run, status=state)
        else:
            self._client.set_terminated(run, status=state)

    def logged(self, run: str) -> Artifact:
        return read_model(self._settings, newest_model(self._client, run), run)

    def _experiment(self, model: str) -> str:
        experiment = self._client.get_experiment_by_name(model)
        if experiment is None:
            with tolerating(EXISTS):
                return str(self._client.create_experiment(model))
            return self._experiment(model)  # somebody was quicker
        if experiment.lifecycle_stage == "deleted":
            self._client.restore_experiment(experiment.experiment_id)
        return str(experiment.experiment_id)

    def _create(self, experiment: str, release: ReleaseId, tags: Mapping[str, str]) -> str:
        marks = {**tags, RELEASE_TAG: release}
        return str(self._client.create_run(experiment, tags=marks, run_name=release).info.run_id)

    def _found(self, experiment: str, release: ReleaseId) -> list[Run]:
        """Return the runs of the release, live ones first, then by their start."""
        runs = self._client.search_runs(
            [experiment], f"tags.`{RELEASE_TAG}` = {quoted(release)}", run_view_type=ViewType.ALL
        )
        return sorted(
            runs,
            key=lambda run: (
                run.info.lifecycle_stage == "deleted",
                run.info.start_time,
                run.info.run_id,
            ),
        )

    def _revived(self, run: Run) -> str:
        if run.info.lifecycle_stage == "deleted":
            self._client.restore_run(run.info.run_id)
        return str(run.info.run_id)


def _is_young(run: Run) -> bool:
    """Tell whether another process may still delete the run, as one that was not the earliest."""
    return time.time() * 1000 - float(run.info.start_time) < YOUNG_MS
