"""Reads the files of logged models and versions in MLflow, as blocking calls."""

import tempfile
from pathlib import Path
from typing import Final

from mlflow.artifacts import download_artifacts, list_artifacts
from mlflow.entities import LifecycleStage, LoggedModel, Run
from mlflow.tracking import MlflowClient

from adapters.artifact_digest.digest import digest_of, file_digests
from adapters.mlflow.errors import MISSING, look_up, tolerating
from adapters.mlflow.names import ARTIFACT, MODEL_TAG
from adapters.mlflow.settings import MlflowSettings
from core.artifact import Artifact
from core.errors import GoneError, StepFailedError, UnknownNameError

NO_MODEL: Final = (
    "The run {run} has no model called '{artifact}'. Nothing was registered; the step that trains "
    "must log one: retry it."
)
NO_FILES: Final = "The model of the run {run} has no files any more. Nothing was registered; {next}"
TRAIN_ANEW: Final = "bring them back, or train anew."


def run_of(client: MlflowClient, run: str) -> Run:
    """Raise UnknownNameError for a run that is not there, or that somebody has deleted."""
    found = look_up("run", run, lambda: client.get_run(run))
    if found.info.lifecycle_stage == LifecycleStage.DELETED:
        raise UnknownNameError("run", run)
    return found


def newest_model(client: MlflowClient, run: str) -> LoggedModel:
    """Return the model that a step of ours has logged last, as the run's tag says.

    Where no step has left the tag it is the newest of our name. A model's own code cannot set it,
    but may log models of any name.
    """
    found = run_of(client, run)
    if named := found.data.tags.get(MODEL_TAG, ""):
        return _named_model(client, run, named)
    outputs = found.outputs
    logged: list[LoggedModel] = []
    for output in outputs.model_outputs if outputs else []:
        with tolerating(MISSING):  # one that was deleted is none
            logged.append(client.get_logged_model(output.model_id))
    ready = [one for one in logged if one.name == ARTIFACT and one.status == "READY"]
    if not ready:
        raise StepFailedError(NO_MODEL.format(run=run, artifact=ARTIFACT))
    return max(ready, key=lambda one: (one.creation_timestamp, one.model_id))


def _named_model(client: MlflowClient, run: str, model_id: str) -> LoggedModel:
    with tolerating(MISSING):
        logged = client.get_logged_model(model_id)
        if logged.source_run_id == run and logged.status == "READY":
            return logged
    raise StepFailedError(NO_MODEL.format(run=run, artifact=ARTIFACT))


def read_model(settings: MlflowSettings, logged: LoggedModel, run: str) -> Artifact:
    missing = NO_FILES.format(run=run, next=TRAIN_ANEW)
    return read_artifact(settings, logged.artifact_location, missing=missing)


def read_artifact(settings: MlflowSettings, source: str, *, missing: str) -> Artifact:
    """Hash every file. Raise GoneError in the words of ``missing`` where there is none."""
    tracking, listed = settings.tracking_uri, False
    with tolerating(MISSING):
        listed = bool(list_artifacts(source, tracking_uri=tracking))
    if not listed:
        raise GoneError(missing)
    with tempfile.TemporaryDirectory(prefix="sluss-artifact-") as folder:
        stored = download_artifacts(
            source, dst_path=folder, tracking_uri=tracking, registry_uri=settings.registry
        )
        files = file_digests(Path(stored))
    return Artifact(digest=digest_of(files), files=files, source=source)
