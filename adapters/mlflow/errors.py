"""Raises our own errors for those of MLflow's client."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import requests
from mlflow.exceptions import MlflowException

from core.errors import StepFailedError, UnavailableError, UnknownNameError
from core.scrub import scrub

T = TypeVar("T")

EXISTS: Final = frozenset({"RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS"})
MISSING: Final = frozenset({"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"})

# Codes of the server or the client for failures that pass, and are not the fault of the request.
PASSING: Final = frozenset(
    {
        "ABORTED",
        "DEADLINE_EXCEEDED",
        "INTERNAL_ERROR",
        "REQUEST_LIMIT_EXCEEDED",
        "RESOURCE_EXHAUSTED",
        "TEMPORARILY_UNAVAILABLE",
    }
)

UNAVAILABLE: Final = (
    "MLflow does not answer at the moment. Nothing was lost; the work is tried again by itself."
)
REFUSED: Final = "MLflow refused this: {reason} It was not done; mend that and retry the step."


@contextmanager
def as_ours() -> Iterator[None]:
    try:
        yield
    except requests.RequestException as error:
        raise UnavailableError(UNAVAILABLE) from error
    except MlflowException as error:
        if error.error_code in PASSING:
            raise UnavailableError(UNAVAILABLE) from error
        raise StepFailedError(REFUSED.format(reason=scrub(str(error.message)))) from error


@contextmanager
def tolerating(codes: frozenset[str]) -> Iterator[None]:
    """Pass over errors of these codes, as another worker may have done the same just before us."""
    try:
        yield
    except MlflowException as error:
        if error.error_code not in codes:
            raise


def look_up(kind: str, name: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except MlflowException as error:
        if error.error_code in MISSING:
            raise UnknownNameError(kind, name) from error
        raise
