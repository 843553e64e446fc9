"""Raises our own errors for those of MLflow's client."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final, TypeVar

import requests
from google.protobuf.json_format import ParseError  # type: ignore[import-untyped]
from mlflow.exceptions import MlflowException, RestException

from core.errors import StepFailedError, UnavailableError, UnknownNameError
from core.scrub import scrub

T = TypeVar("T")

EXISTS: Final = frozenset({"RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS"})
MISSING: Final = frozenset({"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"})

NO_ENTRY: Final = frozenset({"CUSTOMER_UNAUTHORIZED", "PERMISSION_DENIED", "UNAUTHENTICATED"})
NO_SUCH_PLACE: Final = "ENDPOINT_NOT_FOUND"
INTERNAL: Final = "INTERNAL_ERROR"

# Codes of the server or the client for failures that pass, and are not the fault of the request.
PASSING: Final = frozenset(
    {
        "ABORTED",
        "DEADLINE_EXCEEDED",
        INTERNAL,
        "REQUEST_LIMIT_EXCEEDED",
        "RESOURCE_EXHAUSTED",
        "TEMPORARILY_UNAVAILABLE",
    }
)

UNAVAILABLE: Final = (
    "MLflow does not answer at the moment. Nothing was lost; the work is tried again by itself."
)
REFUSED: Final = "MLflow refused this: {reason} It was not done; mend that and retry the step."
CLOSED: Final = (
    "MLflow does not let us in ({reason}). Nothing was done; give SLUSS_MLFLOW_URL an account that "
    "may do this, then retry the step that failed by it."
)
NOT_THERE: Final = (
    "MLflow's address has no such place (404). Nothing was done; look whether SLUSS_MLFLOW_URL is "
    "right, and whether that MLflow is 3.3 or newer, then retry the step that failed by it."
)
NOT_ITS_ANSWER: Final = (
    "MLflow's address gives an answer that is not MLflow's. Nothing was done; look whether "
    "SLUSS_MLFLOW_URL is right, and whether a sign-in stands before MLflow, then retry the step "
    "that failed by it."
)
# MLflow's client has no code for an answer that is not MLflow's, and says this of it.
UNREAD: Final = re.compile(
    r"API request to endpoint (?:was successful but|\S+ failed with error code (\d+))"
)
LATER: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})


@contextmanager
def as_ours() -> Iterator[None]:
    try:
        yield
    except requests.RequestException as error:
        raise _of_request(error) from error
    except MlflowException as error:
        raise _of_client(error) from error
    except ParseError as error:
        raise StepFailedError(NOT_ITS_ANSWER) from error


def _of_request(error: requests.RequestException) -> StepFailedError | UnavailableError:
    status = error.response.status_code if error.response is not None else 0
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return StepFailedError(CLOSED.format(reason=status))
    return UnavailableError(UNAVAILABLE)


def _of_client(error: MlflowException) -> StepFailedError | UnavailableError:
    """Tell what passes by itself from what somebody has to mend, and say what to do."""
    if error.error_code in NO_ENTRY:
        is_read = isinstance(error, RestException)
        reason = scrub(str(error.message)) if is_read else error.error_code
        return StepFailedError(CLOSED.format(reason=reason))
    if error.error_code == NO_SUCH_PLACE:
        return StepFailedError(NOT_THERE)
    if _is_of_another(error):
        return StepFailedError(NOT_ITS_ANSWER)
    if error.error_code in PASSING:
        return UnavailableError(UNAVAILABLE)
    return StepFailedError(REFUSED.format(reason=scrub(str(error.message))))


def _is_of_another(error: MlflowException) -> bool:
    """Tell an answer that is not MLflow's: its client makes an internal error of most of them."""
    if isinstance(error, RestException):
        said = str(error.json.get("error_code"))
        return error.error_code == INTERNAL and said not in (INTERNAL, "500")
    if isinstance(error.__context__, requests.TooManyRedirects):
        return True
    found = UNREAD.match(str(error.message))
    if found is None:
        return False
    status = int(found[1] or HTTPStatus.OK)
    return status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in LATER


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
