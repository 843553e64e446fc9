"""The MLflow run that the steps of a release share, and the model that is logged in it."""

# ruff: noqa: TID252 (see this package's docstring)

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import mlflow
from mlflow.artifacts import download_artifacts
from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient

from . import carried_model
from .failures import StepFailureError, blaming
from .mlflow_errors import asking_mlflow

ARTIFACT = "model"
FINGERPRINT_TAG = "sluss.data_fingerprint"
LOADS_WITH = ("mlflow-skinny", "cloudpickle", "numpy", "pandas")  # beyond the model's own needs
LONGEST_PARAMETER = 500


@contextmanager
def shared_run(run: str) -> Iterator[None]:
    """Send what the model itself logs to the release's run, and close runs that it left open."""
    os.environ["MLFLOW_RUN_ID"] = run
    try:
        yield
    finally:
        os.environ.pop("MLFLOW_RUN_ID", None)
        with asking_mlflow():
            while mlflow.active_run() is not None:
                mlflow.end_run()


def note(run: str, fingerprint: str, parameters: dict[str, Any]) -> None:
    """Log parameters and fingerprint; a known parameter stays, as MLflow takes no second value."""
    with asking_mlflow():
        client = MlflowClient()
        known = client.get_run(run).data.params
        new = [
            Param(name, str(value)[:LONGEST_PARAMETER])
            for name, value in parameters.items()
            if name not in known
        ]
        client.log_batch(run, params=new)
        client.set_tag(run, FINGERPRINT_TAG, fingerprint)


def log_metrics(run: str, metrics: dict[str, float]) -> None:
    with asking_mlflow():
        now_ms = int(time.time() * 1000)
        entries = [Metric(name, value, now_ms, 0) for name, value in metrics.items()]
        MlflowClient().log_batch(run, metrics=entries)


def log_model(request: dict[str, Any], model: Any) -> None:
    """Log one artifact that is enough to score: wrapper, sources, pickled model, requirements."""
    code = Path(request["code"])
    with tempfile.TemporaryDirectory() as scratch:
        state = _write_state(Path(scratch) / "state", request)
        if model is not None:
            with (
                blaming("Storing the model that train() returned", code),
                (state / carried_model.PICKLE).open("wb") as stored,
            ):
                cloudpickle.dump(model, stored)
        carried = _copy_source(code, request, Path(scratch) / "code")
        with asking_mlflow(), mlflow.start_run(run_id=request["run"]):
            mlflow.pyfunc.log_model(
                name=ARTIFACT,
                python_model=str(Path(carried_model.__file__)),
                artifacts={"state": str(state)},
                code_paths=[str(path) for path in sorted(carried.iterdir())],
                pip_requirements=_requirements(request["requirements"]),
            )


def _write_state(state: Path, request: dict[str, Any]) -> Path:
    state.mkdir()
    settings = {
        "source_path": request["source_path"],
        "tables": [table["name"] for table in request["tables"]],
        "parameters": request["parameters"],
        "requirements": request["requirements"],
    }
    text = json.dumps(settings, indent=1, sort_keys=True)
    (state / carried_model.SETTINGS).write_text(text, "utf-8")
    return state


def _copy_source(code: Path, request: dict[str, Any], to: Path) -> Path:
    """Copy the files of the commit, without those that the step itself has written."""
    source = request["source_path"].strip("./")
    for name in request["files"]:
        if source and not name.startswith(f"{source}/"):
            continue
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((code / name).read_bytes())
    return to


def _requirements(own: list[str]) -> list[str]:
    """Return the lines for MLflow, which cannot take the hashes that a requirement may have."""
    plain = [line.partition(" --hash")[0] for line in own]
    return [*plain, *(f"{name}=={installed(name)}" for name in LOADS_WITH)]


def fetch_logged(run: str, to: Path) -> Path:
    """Fetch the newest model of the run: a step that was retried has logged it again."""
    with asking_mlflow():
        client = MlflowClient()
        outputs = client.get_run(run).outputs
        logged = [
            client.get_logged_model(output.model_id)
            for output in (outputs.model_outputs if outputs else [])
        ]
        ready = [one for one in logged if one.name == ARTIFACT and one.status == "READY"]
        if not ready:
            raise StepFailureError("The run of this release has no model. Retry the step before.")
        newest = max(ready, key=lambda one: (one.creation_timestamp, one.model_id))
        return _download(newest.artifact_location, to)


def fetch_version(model: str, version: str, to: Path) -> Path:
    """Fetch a version, not by models:/name/version, which adds a file of MLflow's own to it."""
    with asking_mlflow():
        uri = MlflowClient().get_model_version_download_uri(model, version)
        return _download(uri, to)


def load(folder: Path) -> carried_model.CarriedModel:
    if not (folder / "artifacts" / "state" / carried_model.SETTINGS).is_file():
        raise StepFailureError(
            "This version was not made by the train or score step, so nobody can say how to score "
            "with it. Nothing was moved; register a version through a release."
        )
    with blaming("Loading the model", folder / "code"):
        loaded: carried_model.CarriedModel = mlflow.pyfunc.load_model(
            str(folder)
        ).unwrap_python_model()
        return loaded


def requirements_of(folder: Path) -> list[str] | None:
    path = folder / "artifacts" / "state" / carried_model.SETTINGS
    if not path.is_file():
        return None
    found: list[str] = json.loads(path.read_text("utf-8"))["requirements"]
    return found


def _download(uri: str, to: Path) -> Path:
    to.mkdir(parents=True, exist_ok=True)
    return Path(download_artifacts(artifact_uri=uri, dst_path=str(to)))
