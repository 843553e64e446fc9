"""Turns what MLflow's client raises into a reason for the person who can retry or mend."""

# ruff: noqa: TID252 (see this package's docstring)

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from mlflow.exceptions import MlflowException

from .failures import StepFailureError, first_line

NO_CONNECTION = "API request to"  # how its message begins when the server has failed
SILENT = "MLflow does not answer. The step was not finished; retry it when MLflow is back."


@contextmanager
def asking_mlflow() -> Iterator[None]:
    try:
        yield
    except requests.RequestException as error:
        raise StepFailureError(SILENT) from error
    except MlflowException as error:
        message = first_line(error)
        if message.startswith(NO_CONNECTION):
            raise StepFailureError(SILENT) from error
        raise StepFailureError(
            f"MLflow refused it: {message} The step was not finished; mend that and retry it."
        ) from error
