"""The steps train, score, evaluate and promote; each calls the functions of the repository."""

# ruff: noqa: TID252 (see this package's docstring)

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .answers import metrics_of, rows_of
from .carried_model import PICKLE, Carried, is_carried, open_carried
from .failures import StepFailureError, blaming
from .source import call
from .tables import Data

Answer = dict[str, Any]
ANSWER = "answer.json"
PREDICTIONS = "predictions.csv"


@dataclass(frozen=True)
class StepPlace:
    """The order of a step, the copy of the repository that it may write to, and its out folder."""

    request: dict[str, Any]
    code: Path
    out: Path

    def call(self, name: str, *arguments: Any) -> Any:
        given = (*arguments, self.request["parameters"])
        return call(self.code, self.request["source_path"], name, *given)

    def carried(self) -> Carried:
        """Load the model of the artifact; it needs no MLflow for that."""
        folder = Path(self.request["artifact"])
        if not is_carried(folder):
            raise StepFailureError(
                "This version was not made by the train or score step, so nobody can say how to "
                "score with it. Nothing was moved; register a version through a release."
            )
        with blaming("Loading the model", folder / "code"):
            return open_carried(folder)


def run(place: StepPlace, data: Data) -> Answer:
    return STEPS[place.request["step"]](place, data)


def train(place: StepPlace, data: Data) -> Answer:
    import cloudpickle  # type: ignore[import-untyped]  # noqa: PLC0415 (this step alone stores)

    model = place.call("train", data)
    if model is None:
        raise StepFailureError("train() returned nothing. Return the trained model.")
    with (
        blaming("Storing the model that train() returned", place.code),
        (place.out / PICKLE).open("wb") as stored,
    ):
        cloudpickle.dump(model, stored)
    return {}


def score(place: StepPlace, data: Data) -> Answer:
    """Score with the logged model; a rule-based one has none before this step."""
    answer = _with_carried(place, "score", data) if _is_given(place) else _by_rules(place, data)
    return {"rows": len(rows_of(answer))}


def evaluate(place: StepPlace, data: Data) -> Answer:
    return {"metrics": metrics_of(_with_carried(place, "evaluate", data))}


def promote(place: StepPlace, data: Data) -> Answer:
    carried = place.carried()
    answer = call(carried.code, carried.source_path, "score", *_arguments(place, carried, data))
    rows = rows_of(answer)
    _frame(rows).to_csv(place.out / PREDICTIONS, index=False)
    return {"rows": len(rows)}


def _is_given(place: StepPlace) -> bool:
    return bool(place.request["artifact"])


def _by_rules(place: StepPlace, data: Data) -> Any:
    return place.call("score", None, data)


def _with_carried(place: StepPlace, name: str, data: Data) -> Any:
    """Call a function with the logged model, since that is what will be registered."""
    carried = place.carried()
    return call(carried.code, carried.source_path, name, *_arguments(place, carried, data))


def _arguments(place: StepPlace, carried: Carried, data: Data) -> tuple[Any, ...]:
    return (carried.model, data, place.request["parameters"])


def _frame(rows: Any) -> Any:
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 (only this step writes a table)

    return rows if isinstance(rows, pd.DataFrame) else pd.DataFrame({"prediction": list(rows)})


STEPS = {"train": train, "score": score, "evaluate": evaluate, "promote": promote}
