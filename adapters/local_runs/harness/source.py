"""Calls the functions of the model's repository, so that a failure names file and line."""

# ruff: noqa: TID252 (see this package's docstring)

import inspect
from pathlib import Path, PurePosixPath
from typing import Any

from .carried_model import load_module
from .failures import StepFailureError, blaming


def call(code: Path, source_path: str, name: str, *arguments: Any) -> Any:
    """Call train() of train.py, or score() or evaluate() of score.py.

    Raise StepFailureError when it is not there, is asynchronous, or raises anything.
    """
    module = "train" if name == "train" else "score"
    shown = PurePosixPath(source_path) / f"{module}.py"
    if not (code / shown).is_file():
        raise StepFailureError(f"{shown} is missing. Add it, with {name}() in it.")
    with blaming(f"Importing {shown}", code):
        function = getattr(load_module(code, source_path, module), name, None)
    if not callable(function):
        raise StepFailureError(f"{shown} has no function {name}(). Define it at the top level.")
    with blaming(f"{name}()", code):
        answer = function(*arguments)
    if inspect.isawaitable(answer):
        raise StepFailureError(f"{name}() in {shown} is asynchronous. Define it with a plain def.")
    return answer
