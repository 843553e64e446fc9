"""Runs, versions and stages in MLflow, as blocking calls; the one file that imports mlflow here.

It takes seconds to import, so mlflow_registry.py does that in a thread, at the first call.
"""

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from mlflow.artifacts import download_artifacts, list_artifacts
from mlflow.entities import LoggedModel, Run, ViewType
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.tracking import MlflowClient

from adapters.artifact_digest.digest import artifact_digest
from adapters.mlflow.errors import EXISTS, MISSING, as_ours, look_up, tolerating
from adapters.mlflow.names import (
    ALIASES,
    ARTIFACT,
    DIGEST_TAG,
    RELEASE_TAG,
    holder_tag,
    previous_tag,
    quoted,
    stage_tag,
)
from core.errors import StepFailedError, UnknownNameError
from core.results import Registered
from core.words import ReleaseId, Stage

SETTLE_S: Final = 0.2
YOUNG_MS: Final = 5000
READY_WITHIN_S: Final = 60
PAGE: Final = 200

T = TypeVar("T")

NO_ARTIFACT = (
    "Version {version} of {model} has no artifact files any more. Train and register anew."
)
NO_MODEL = (
    "The run {run} of {model} has no model called '{artifact}'. Nothing was registered; "
    "the step that trains must log one: retry it."
)
NOT_PLACED = (
    "MLflow says that version {found!r} holds {stage} of {model}, not {version}: somebody moved it "
    "at the same moment. Look at the registry, then try again."
)


class Records:
    """Model names have passed ``check_model_name`` before they come here."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)

    def answer(self, call: Callable[["Records"], T]) -> T:
        with as_ours():
            return call(self)

    def ping(self) -> None:
        self._client.search_experiments(max_results=1)

    def open_run(self, model: str, release: ReleaseId, tags: Mapping[str, str]) -> str:
        """MLflow cannot create only once, so racers agree afterwards: the earliest run stays.

        A racer that looked before our run was there needs a moment until its own is there, too.
        """
        experiment = self._experiment(model)
        began = time.monotonic()
        runs = self._runs(experiment, release)
        mine = "" if runs else self._create_run(experiment, release, tags)
        if mine or _is_young(runs[0]):
            time.sleep(SETTLE_S + 2 * (time.monotonic() - began))
            runs = self._runs(experiment, release)
        first = runs[0]
        if mine and first.info.run_id != mine:
            self._client.delete_tag(mine, RELEASE_TAG)  # else a deleted run is found and revived
            self._client.delete_run(mine)
        return self._revived(first)

    def metrics(self, run: str) -> dict[str, float]:
        return dict(look_up("run", run, lambda: self._client.get_run(run)).data.metrics)

    def find(self, model: str, release: ReleaseId) -> Registered | None:
        versions = self._versions(model, release)
        return self.read(model, str(versions[0].version)) if versions else None

    def register(
        self, model: str, release: ReleaseId, run: str, tags: Mapping[str, str]
    ) -> Registered:
        """Version numbers are given one after the other, so of twins the lower one is the first."""
        if found := self._versions(model, release):
            self._delete_twins(model, found[1:])
            return self.read(model, str(found[0].version))
        logged = self._logged_model(model, run)
        digest = self._digest(logged.artifact_location, NO_MODEL, model=model, run=run)
        self._create_model(model)
        self._create_version(model, logged, {**tags, RELEASE_TAG: release, DIGEST_TAG: digest})
        versions = self._versions(model, release)
        self._delete_twins(model, versions[1:])
        return Registered(version=str(versions[0].version), artifact_digest=digest)

    def read(self, model: str, version: str) -> Registered:
        """Not by models:/name/version, which adds a file of MLflow's own to what it downloads."""
        source = look_up(
            "model version",
            f"{model} {version}",
            lambda: self._client.get_model_version_download_uri(model, version),
        )
        digest = self._digest(source, NO_ARTIFACT, model=model, version=version)
        return Registered(version=version, artifact_digest=digest)

    def holders(self, model: str) -> dict[Stage, str] | None:
        registered = self._model(model)
        if registered is None:
            return None
        return {stage: _holder(registered, stage) for stage in Stage}

    def all_holders(self) -> dict[str, dict[Stage, str]]:
        found, token = list[RegisteredModel](), ""
        while True:
            page = self._client.search_registered_models(max_results=PAGE, page_token=token or None)
            found += page
            token = page.token
            if not token:
                return {
                    model.name: {stage: _holder(model, stage) for stage in Stage} for model in found
                }

    def place(self, model: str, version: str, stage: Stage, release: ReleaseId) -> str:
        """Each write may be repeated: the earlier holder is noted before anything moves."""
        registered = self._model(model)
        if registered is None:
            raise UnknownNameError("registered model", model)
        look_up(
            "model version",
            f"{model} {version}",
            lambda: self._client.get_model_version(model, version),
        )
        previous = str(registered.tags.get(previous_tag(stage), ""))
        if _holder(registered, stage) != version:
            previous = _holder(registered, stage)
            self._client.set_registered_model_tag(model, previous_tag(stage), previous)
        self._move(registered, version, stage, release)
        if previous and previous != version:
            self._forget(model, previous, stage)
        self._read_back(model, version, stage)
        return previous

    def _move(
        self, registered: RegisteredModel, version: str, stage: Stage, release: ReleaseId
    ) -> None:
        """Write only what differs: MLflow sends a webhook even when nothing changes."""
        model = registered.name
        for alias in ALIASES[stage]:
            if str(registered.aliases.get(alias, "")) != version:
                self._client.set_registered_model_alias(model, alias, version)
        tags = self._client.get_model_version(model, version).tags
        if tags.get(stage_tag(stage)) != release:
            self._client.set_model_version_tag(model, version, stage_tag(stage), release)
        if registered.tags.get(holder_tag(stage)) != version:
            self._client.set_registered_model_tag(model, holder_tag(stage), version)

    def _forget(self, model: str, version: str, stage: Stage) -> None:
        with tolerating(MISSING):  # the earlier holder may be deleted
            if stage_tag(stage) in self._client.get_model_version(model, version).tags:
                self._client.delete_model_version_tag(model, version, stage_tag(stage))

    def _read_back(self, model: str, version: str, stage: Stage) -> None:
        found = (self.holders(model) or {}).get(stage, "")
        if found != version:
            raise StepFailedError(
                NOT_PLACED.format(found=found, stage=stage, model=model, version=version)
            )

    def _experiment(self, model: str) -> str:
        experiment = self._client.get_experiment_by_name(model)
        if experiment is None:
            with tolerating(EXISTS):
                return str(self._client.create_experiment(model))
            return self._experiment(model)  # somebody was quicker
        if experiment.lifecycle_stage == "deleted":
            self._client.restore_experiment(experiment.experiment_id)
        return str(experiment.experiment_id)

    def _create_run(self, experiment: str, release: ReleaseId, tags: Mapping[str, str]) -> str:
        marks = {**tags, RELEASE_TAG: release}
        return str(self._client.create_run(experiment, tags=marks, run_name=release).info.run_id)

    def _runs(self, experiment: str, release: ReleaseId) -> list[Run]:
        """Live ones first, then the earliest."""
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

    def _versions(self, model: str, release: ReleaseId) -> list[ModelVersion]:
        found = self._client.search_model_versions(
            f"name = '{model}' and tags.`{RELEASE_TAG}` = {quoted(release)}"
        )
        return sorted(found, key=lambda version: int(version.version))

    def _delete_twins(self, model: str, twins: Iterable[ModelVersion]) -> None:
        for twin in twins:
            with tolerating(MISSING):  # its maker may have deleted it already
                self._client.delete_model_version(model, str(twin.version))

    def _create_model(self, model: str) -> None:
        with tolerating(EXISTS):
            self._client.create_registered_model(model)

    def _create_version(self, model: str, logged: LoggedModel, tags: Mapping[str, str]) -> None:
        """With the release's tag from its first moment, so that a kill here loses nothing."""
        self._client.create_model_version(
            model,
            source=logged.model_uri,
            run_id=logged.source_run_id,
            model_id=logged.model_id,
            tags=dict(tags),
            description=f"Release {tags[RELEASE_TAG]}, registered by Sluss.",
            await_creation_for=READY_WITHIN_S,
        )

    def _logged_model(self, model: str, run: str) -> LoggedModel:
        """The newest: a step that was retried in the same run has logged its model again."""
        outputs = look_up("run", run, lambda: self._client.get_run(run)).outputs
        logged = [
            self._client.get_logged_model(output.model_id)
            for output in (outputs.model_outputs if outputs else [])
        ]
        ready = [one for one in logged if one.name == ARTIFACT and one.status == "READY"]
        if not ready:
            raise StepFailedError(NO_MODEL.format(run=run, model=model, artifact=ARTIFACT))
        return max(ready, key=lambda one: (one.creation_timestamp, one.model_id))

    def _model(self, model: str) -> RegisteredModel | None:
        with tolerating(MISSING):
            return self._client.get_registered_model(model)
        return None

    def _digest(self, source: str, empty: str, **names: str) -> str:
        if not list_artifacts(source, tracking_uri=self._uri):
            raise StepFailedError(empty.format(artifact=ARTIFACT, **names))
        with tempfile.TemporaryDirectory(prefix="sluss-artifact-") as folder:
            stored = download_artifacts(
                source, dst_path=folder, tracking_uri=self._uri, registry_uri=self._uri
            )
            return artifact_digest(Path(stored))


def _is_young(run: Run) -> bool:
    """Its maker may still find that another one was first."""
    return time.time() * 1000 - float(run.info.start_time) < YOUNG_MS


def _holder(registered: RegisteredModel, stage: Stage) -> str:
    """What an alias says; of two that differ the one that Sluss did not set, so that it is seen."""
    noted = str(registered.tags.get(holder_tag(stage), ""))
    seen = [str(registered.aliases.get(alias, "")) for alias in ALIASES[stage]]
    return next((version for version in seen if version != noted), noted)
