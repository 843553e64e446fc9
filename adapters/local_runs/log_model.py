"""Logs what a step has made as a model of MLflow, in a process of its own, as MLflow is slow.

    python -P -s adapters/local_runs/log_model.py

It begins while the model's code still works, and waits for its order on standard input. It neither
imports nor unpickles what it logs: MLflow gets files, and the name of the module that loads them.
"""

import os
import sys
from pathlib import Path
from typing import Final

import msgspec

ARTIFACT: Final = "model"
SILENT: Final = "MLflow does not answer. The step was not finished; retry it when MLflow is back."
REFUSED: Final = "MLflow refused it: {message} The step was not finished; mend that and retry it."
NO_CONNECTION: Final = "API request to"  # how MLflow's message begins when the server has failed
SETTINGS: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "5",  # about a minute, then the step can be retried
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


class ModelFiles(msgspec.Struct, frozen=True, kw_only=True):
    """What to log in ``run``: the files of a model, its code, and who loads them.

    ``tracking_uri`` may hold a password, so no command line and no file has this order.
    """

    tracking_uri: str
    run: str
    state: str
    code: str
    loader: str
    requirements: tuple[str, ...]


class LoggedFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The id of the logged model, or why there is none."""

    model_id: str = ""
    problem: str = ""


def main() -> None:
    os.environ.update(SETTINGS)
    import mlflow.pyfunc  # noqa: PLC0415 (it is what takes so long)

    line = sys.stdin.buffer.readline()
    if not line:  # the step has failed, or our parent was killed
        os._exit(0)
    order = msgspec.json.decode(line, type=ModelFiles)
    mlflow.set_tracking_uri(order.tracking_uri)
    answer = _logged(order)
    os.write(1, msgspec.json.encode(answer))
    os._exit(0)


def _logged(order: ModelFiles) -> LoggedFiles:
    import mlflow.pyfunc  # noqa: PLC0415
    import requests  # noqa: PLC0415
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    try:
        with mlflow.start_run(run_id=order.run):
            logged = mlflow.pyfunc.log_model(
                name=ARTIFACT,
                loader_module=order.loader,
                data_path=order.state,
                code_paths=[str(path) for path in sorted(Path(order.code).iterdir())],
                pip_requirements=list(order.requirements),
            )
    except requests.RequestException:
        return LoggedFiles(problem=SILENT)
    except MlflowException as error:
        message = error.message.strip().partition("\n")[0]
        is_silent = message.startswith(NO_CONNECTION)
        return LoggedFiles(problem=SILENT if is_silent else REFUSED.format(message=message))
    return LoggedFiles(model_id=str(logged.model_id))


if __name__ == "__main__":
    main()
