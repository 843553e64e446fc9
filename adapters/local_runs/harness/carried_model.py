"""The model as MLflow keeps it: a version holds a copy of this file, beside the source code.

``mlflow.pyfunc.load_model(...).predict({"applications": frame})`` works without Sluss: MLflow calls
``_load_pyfunc`` of this file. Who logs a model imports neither this file nor the model.
"""

import importlib.util
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

SETTINGS = "settings.json"
PICKLE = "model.pkl"
STATES = ("data/state", "artifacts/state")  # the second is how versions of before carry it


class Given:
    """A table that the caller of ``predict`` has read already."""

    location = ""

    def __init__(self, content: Any) -> None:
        self._content = content

    def read(self) -> Any:
        return self._content


class Carried:
    """``model`` is what train() returned, None if rule-based; ``code`` is the root of its code."""

    def __init__(self, state: Path) -> None:
        self.code = state.parents[1] / "code"
        self.settings: dict[str, Any] = json.loads((state / SETTINGS).read_text("utf-8"))
        self.source_path: str = self.settings["source_path"]
        self.model = self._stored(state / PICKLE)

    def _stored(self, pickle: Path) -> Any:
        add_to_path(self.code, self.source_path)
        if not pickle.exists():
            return None
        import cloudpickle  # type: ignore[import-untyped]  # noqa: PLC0415 (rules have no pickle)

        with pickle.open("rb") as stored:
            return cloudpickle.load(stored)

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """Score the tables; ``model_input`` maps names to contents, or is the only table itself."""
        names = self.settings["tables"]
        if not isinstance(model_input, Mapping) and len(names) != 1:
            raise TypeError(f"give a dict with the tables {', '.join(names)}")
        given = model_input if isinstance(model_input, Mapping) else {names[0]: model_input}
        data = {name: Given(content) for name, content in given.items()}
        score = load_module(self.code, self.source_path, "score").score
        return score(self.model, data, {**self.settings["parameters"], **(params or {})})


def _load_pyfunc(data_path: str) -> Carried:
    """Load what MLflow keeps at ``data_path``; MLflow calls it so."""
    return Carried(Path(data_path))


def state_of(folder: Path) -> Path | None:
    """Return the state folder of a model's artifact, None for one that Sluss has not logged."""
    states = (folder / state for state in STATES)
    return next((state for state in states if (state / SETTINGS).is_file()), None)


def is_carried(folder: Path) -> bool:
    return state_of(folder) is not None


def open_carried(folder: Path) -> Carried:
    state = state_of(folder)
    assert state is not None
    return Carried(state)


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
