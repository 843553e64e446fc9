"""The entry of the harness: it runs one step, and the process ends."""

# ruff: noqa: TID252 (see this package's docstring)

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any, NoReturn

from . import steps
from .failures import StepFailureError, blaming
from .tables import open_tables


def main(request_file: str, out_folder: str) -> NoReturn:
    """Read the request, run its step, and leave the answer as JSON in the out folder."""
    request, out = json.loads(Path(request_file).read_text("utf-8")), Path(out_folder)
    answer = _answer(request, out)
    draft = out / f"{steps.ANSWER}.draft"
    draft.write_text(json.dumps(answer), "utf-8")
    draft.replace(out / steps.ANSWER)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if not answer.get("reason") else 1)  # threads that the model left must not keep us


def _answer(request: dict[str, Any], out: Path) -> dict[str, Any]:
    try:
        tables = open_tables(Path(request["code"]), request["links"], request["tables"])
        code = _own_copy(Path(request["code"]), out / "code")
        return steps.run(steps.StepPlace(request, code, out), tables)
    except StepFailureError as failure:
        return {"reason": str(failure)}
    finally:
        _close_runs(out)


def _own_copy(code: Path, to: Path) -> Path:
    """Copy the repository's files: some libraries write into the folder that they are called in."""
    shutil.copytree(code, to)
    os.chdir(to)
    return to


def _close_runs(out: Path) -> None:
    """Send what MLflow's client of the model still holds back; we never import it ourselves."""
    mlflow = sys.modules.get("mlflow")
    if mlflow is None:
        return
    try:
        with blaming("Closing its run in MLflow", out):
            while mlflow.active_run() is not None:
                mlflow.end_run()
    except StepFailureError as failure:
        print(failure, flush=True)  # noqa: T201 (the log of the run)
