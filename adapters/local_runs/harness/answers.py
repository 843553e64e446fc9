"""Checks what the model's functions return, and tells a person what they should return."""

# ruff: noqa: TID252 (see this package's docstring)

import math
from numbers import Real
from typing import Any

from .failures import StepFailureError

EXAMPLE = "for example {'auc': 0.81}"


def metrics_of(answer: object) -> dict[str, float]:
    """Return finite numbers by name. Raise StepFailureError for any other answer.

    NumPy's scalars are numbers; a boolean is not one here.
    """
    if answer is None:
        raise StepFailureError(f"evaluate() returned nothing. Return the metrics, {EXAMPLE}.")
    if not isinstance(answer, dict):
        kind = type(answer).__name__
        raise StepFailureError(f"evaluate() returned a {kind}. Return a dict, {EXAMPLE}.")
    if not answer:
        raise StepFailureError(f"evaluate() returned no metric. Return one or more, {EXAMPLE}.")
    return {_name(name): _number(name, value) for name, value in answer.items()}


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise StepFailureError(f"evaluate() returned the key {name!r}. Use names, {EXAMPLE}.")
    return name


def _number(name: object, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        kind = type(value).__name__
        raise StepFailureError(
            f"evaluate() returned a {kind} for {name!r}. Return a number for it, {EXAMPLE}."
        )
    number = float(value)
    if not math.isfinite(number):
        raise StepFailureError(
            f"evaluate() returned {number} for {name!r}. Return a finite number for it, {EXAMPLE}."
        )
    return number


def rows_of(predictions: Any) -> Any:
    """Return the predictions as something with a length. Raise StepFailureError for none at all."""
    if predictions is None:
        raise StepFailureError("score() returned nothing. Return one prediction for each row.")
    if isinstance(predictions, str | bytes) or not hasattr(predictions, "__iter__"):
        kind = type(predictions).__name__
        raise StepFailureError(f"score() returned a {kind}. Return one prediction for each row.")
    rows = predictions if hasattr(predictions, "__len__") else list(predictions)
    if len(rows) == 0:
        raise StepFailureError(
            "score() returned 0 rows. Return one prediction for each row, and see that the "
            "tables have rows."
        )
    return rows
