"""The entry of the harness: it runs one step, and the process ends."""

# ruff: noqa: TID252 (see this package's docstring)

import json
import os
import sys
import traceback
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from .failures import StepFailureError
from .tables import open_tables


def main(request_file: str, result_file: str) -> NoReturn:
    """Read the request, run its step, and write the answer as JSON.

    ``result_file`` is a pipe: the supervisor removes secrets before the answer is on any disk.
    """
    request = json.loads(Path(request_file).read_text("utf-8"))
    answer = _answer(request)
    with Path(result_file).open("w", encoding="utf-8") as output:
        json.dump(answer, output)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if "outcome" in answer else 1)  # threads that the model left must not keep us


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        data = open_tables(Path(request["code"]), request["links"], request["tables"])
        steps = _import_steps()
    except StepFailureError as failure:
        return {"reason": str(failure)}
    try:
        return {"outcome": steps.run(request, data)}
    except steps.OtherRequirementsError as other:
        return {"requirements": other.requirements}
    except StepFailureError as failure:
        return {"reason": str(failure)}


def _import_steps() -> ModuleType:
    """Import MLflow last, as it takes a second: what can fail without it has failed before."""
    # MLflow warns at each load that our wrapper takes any input; the log is for the model's output.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"mlflow\.")
    try:
        from . import steps  # noqa: PLC0415
    except ImportError as error:
        traceback.print_exc()
        raise StepFailureError(
            f"The environment does not work: {error}. Mend the environment file."
        ) from error
    return steps
