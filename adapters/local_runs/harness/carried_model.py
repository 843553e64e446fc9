"""The model as MLflow keeps it: a version holds a copy of this file, beside the source code.

``mlflow.pyfunc.load_model(...).predict({"applications": frame})`` works without Sluss.
"""

import importlib.util
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

SETTINGS = "settings.json"
PICKLE = "model.pkl"


class Given:
    """A table that the caller of ``predict`` has read already."""

    location = ""

    def __init__(self, content: Any) -> None:
        self._content = content

    def read(self) -> Any:
        return self._content


class CarriedModel(PythonModel):
    """``model`` is what train() returned, None if rule-based; ``code`` is the root of its code."""

    code: Path
    model: Any
    settings: dict[str, Any]

    def load_context(self, context: PythonModelContext) -> None:
        state = Path(context.artifacts["state"])
        self.code = state.parents[1] / "code"
        self.settings = json.loads((state / SETTINGS).read_text("utf-8"))
        self.model = None
        add_to_path(self.code, self.settings["source_path"])
        if (state / PICKLE).exists():
            with (state / PICKLE).open("rb") as stored:
                self.model = cloudpickle.load(stored)

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 (MLflow calls it so)
        model_input: Any,
        params: dict[str, Any] | None = None,
    ) -> Any:
        """Score the tables; ``model_input`` maps names to contents, or is the only table itself."""
        names = self.settings["tables"]
        if not isinstance(model_input, Mapping) and len(names) != 1:
            raise TypeError(f"give a dict with the tables {', '.join(names)}")
        given = model_input if isinstance(model_input, Mapping) else {names[0]: model_input}
        data = {name: Given(content) for name, content in given.items()}
        score = load_module(self.code, self.settings["source_path"], "score").score
        return score(self.model, data, {**self.settings["parameters"], **(params or {})})


def add_to_path(code: Path, source_path: str) -> None:
    """The model's modules may import each other from the repository's root or the source folder."""
    for folder in (str(code), str(code / source_path)):
        if folder not in sys.path:
            sys.path.insert(0, folder)


def load_module(code: Path, source_path: str, name: str) -> ModuleType:
    """Import by the file, so that an installed package of the same name is not taken for it."""
    add_to_path(code, source_path)
    path = code / source_path / f"{name}.py"
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


set_model(CarriedModel())
