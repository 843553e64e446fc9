"""The steps train, score, evaluate and promote; each calls the functions of the repository."""

# ruff: noqa: TID252 (see this package's docstring)

import shutil
from pathlib import Path
from typing import Any

from . import tracking
from .answers import metrics_of, rows_of
from .digest import artifact_digest  # type: ignore[import-untyped] # copied beside
from .failures import StepFailureError
from .source import call
from .tables import Data, fingerprint

Request = dict[str, Any]
Outcome = dict[str, Any]
RULEBASED = "rulebased"


class OtherRequirementsError(Exception):
    """The version needs another environment than this one; the supervisor then starts it there."""

    def __init__(self, requirements: list[str]) -> None:
        super().__init__()
        self.requirements = requirements


def run(request: Request, data: Data) -> Outcome:
    outcome = {"data_fingerprint": fingerprint(data)}
    return {**outcome, **STEPS[request["step"]](request, data)}


def train(request: Request, data: Data) -> Outcome:
    if request["model_type"] == RULEBASED:
        raise StepFailureError("A rule-based model is not trained. Nothing was run.")
    with tracking.shared_run(request["run"]):
        code = Path(request["code"])
        model = call(code, request["source_path"], "train", data, request["parameters"])
    if model is None:
        raise StepFailureError("train() returned nothing. Return the trained model.")
    tracking.log_model(request, model)
    tracking.note(request["run"], fingerprint(data), request["parameters"])
    return {}


def score(request: Request, data: Data) -> Outcome:
    """Score with the logged model; a rule-based one, which has no train step, is logged here."""
    if request["model_type"] != RULEBASED:
        return {"rows": len(_with_logged(request, "score", data))}
    with tracking.shared_run(request["run"]):
        code = Path(request["code"])
        answer = call(code, request["source_path"], "score", None, data, request["parameters"])
    rows = rows_of(answer)
    tracking.log_model(request, None)
    tracking.note(request["run"], fingerprint(data), request["parameters"])
    return {"rows": len(rows)}


def evaluate(request: Request, data: Data) -> Outcome:
    metrics = _with_logged(request, "evaluate", data)
    tracking.log_metrics(request["run"], metrics)
    return {"metrics": metrics}


def _with_logged(request: Request, name: str, data: Data) -> Any:
    """Call a function with the logged model, since that is what will be registered."""
    folder = tracking.fetch_logged(request["run"], Path(request["scratch"]) / "logged")
    carried = tracking.load(folder)
    with tracking.shared_run(request["run"]):
        answer = call(
            carried.code,
            carried.settings["source_path"],
            name,
            *(carried.model, data, request["parameters"]),
        )
    return metrics_of(answer) if name == "evaluate" else rows_of(answer)


def promote(request: Request, data: Data) -> Outcome:
    """Load the version into the stage's folder and score a batch; a failure leaves no trace."""
    stage, version = Path(request["stage_folder"]), request["version"]
    draft = stage / f".{version}.{request['id']}"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        outcome = _deploy(request, data, draft)
        shutil.rmtree(stage / version, ignore_errors=True)
        draft.rename(stage / version)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return outcome


def _deploy(request: Request, data: Data, draft: Path) -> Outcome:
    folder = tracking.fetch_version(request["model"], request["version"], draft / "artifact")
    digest = artifact_digest(folder)  # before any code of it runs
    needs = tracking.requirements_of(folder)
    if needs is not None and sorted(needs) != sorted(request["requirements"]):
        raise OtherRequirementsError(needs)
    carried = tracking.load(folder)
    source_path = carried.settings["source_path"]
    answer = call(carried.code, source_path, "score", carried.model, data, request["parameters"])
    rows = rows_of(answer)
    _frame(rows).to_csv(draft / "predictions.csv", index=False)
    for cache in [*folder.rglob("__pycache__")]:  # so that the stage has just what was registered
        shutil.rmtree(cache, ignore_errors=True)
    return {"rows": len(rows), "artifact_digest": digest}


def _frame(rows: Any) -> Any:
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 (only this step writes a table)

    return rows if isinstance(rows, pd.DataFrame) else pd.DataFrame({"prediction": list(rows)})


STEPS = {"train": train, "score": score, "evaluate": evaluate, "promote": promote}
