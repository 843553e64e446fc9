"""One step in one process: ``main(request file, result file)``."""

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
    """The result goes to a pipe: what it says is scrubbed before it comes to rest anywhere."""
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
    """MLflow takes a second, so what can fail before it does."""
    # It says at each load that our wrapper takes any input; the log is for the model's words.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"mlflow\.")
    try:
        from . import steps  # noqa: PLC0415
    except ImportError as error:
        traceback.print_exc()
        raise StepFailureError(
            f"The environment does not work: {error}. Mend the environment file."
        ) from error
    return steps
