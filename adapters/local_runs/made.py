"""What a step has made, as files: it becomes a model of MLflow, or is kept on its stage.

Nothing of it is imported or unpickled here: the code that could be hostile is in those files.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import distributions
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final

import msgspec
from packaging.version import InvalidVersion, Version

from adapters.local_runs.folder import RunFolder
from adapters.local_runs.harness import carried_model
from adapters.local_runs.harness.steps import PREDICTIONS
from adapters.local_runs.log_model import LoggedFiles, ModelFiles
from adapters.local_runs.model_process import take_file
from adapters.local_runs.requirements import requirements
from core.errors import DECODE_ERRORS, StepFailedError

LOADER: Final = "sluss_carried_model"
MLFLOW: Final = ("mlflow", "mlflow-skinny")
LOADS_WITH: Final = ("numpy", "pandas", "cloudpickle")  # beyond the model's own needs
WITHIN_S: Final = 1800.0

NOT_OURS: Final = (
    "What this version was trained with cannot be read: no step of ours has made it. Nothing was "
    "run; register a version through a release."
)
BROKE_OFF: Final = "Logging the model broke off. Nothing was kept; retry the step."


class Logger:
    """A process that imports MLflow while the model's code works, and then logs what was made."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def log(self, files: ModelFiles) -> str:
        """Log the model and return its id. Raise StepFailedError when that fails."""
        order = msgspec.json.encode(files) + b"\n"
        try:
            said, _ = self._process.communicate(order, timeout=WITHIN_S)
            answer = msgspec.json.decode(said, type=LoggedFiles)
        except (*DECODE_ERRORS, subprocess.TimeoutExpired):
            answer = LoggedFiles(problem=BROKE_OFF)
        if answer.problem:
            raise StepFailedError(answer.problem)
        return answer.model_id

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def files_to_log(folder: RunFolder, out: str, own: tuple[str, ...]) -> Path:
    """Lay out the state and the code of the model below a folder, which is returned.

    The code is that of the commit, not what the step may have written into its own copy.
    """
    request, made = folder.order().request, folder.scratch / "made"
    shutil.rmtree(made, ignore_errors=True)
    state = made / "state"
    state.mkdir(parents=True)
    settings = {
        "source_path": request["source_path"],
        "tables": [table["name"] for table in request["tables"]],
        "parameters": request["parameters"],
        "requirements": own,
    }
    text = json.dumps(settings, indent=1, sort_keys=True)
    (state / carried_model.SETTINGS).write_text(text, "utf-8")
    if request["step"] == "train":
        take_file(out, carried_model.PICKLE, state / carried_model.PICKLE)
    _copy_source(folder.code, request, made / "code")
    return made


class _Carried(msgspec.Struct):
    requirements: tuple[str, ...]


def requirements_of_version(state: Path, hosts: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Read what a version was trained with, as strictly as an environment file.

    Whoever may write to the registry may have written it. Raise StepFailedError for what we would
    not install.
    """
    try:
        carried = msgspec.json.decode((state / carried_model.SETTINGS).read_bytes(), type=_Carried)
    except DECODE_ERRORS:
        raise StepFailedError(NOT_OURS) from None
    return requirements("requirements.txt", "\n".join(carried.requirements), hosts)


def requirements_of(python: Path, own: tuple[str, ...]) -> tuple[str, ...]:
    """Return what loads the model again: its own lines, and what was there to load it with.

    MLflow cannot take the hashes that a line may have.
    """
    plain = [line.partition(" --hash")[0] for line in own]
    return (*plain, *_loaders(python))


def _loaders(python: Path) -> Iterator[str]:
    """Name what is installed: the environment is read, and nothing of it is run."""
    sites = [str(path) for path in python.parents[1].glob("lib/python*/site-packages")]
    found = {
        name: next((_plain(each.version) for each in distributions(name=name, path=sites)), "")
        for name in (*LOADS_WITH, *MLFLOW)
    }
    found["cloudpickle"] = found["cloudpickle"] or installed("cloudpickle")
    if not any(found[name] for name in MLFLOW):
        found["mlflow-skinny"] = installed("mlflow")
    return (f"{name}=={version}" for name, version in found.items() if version)


def _plain(version: str) -> str:
    """Return a version as an index knows it, "" for anything else: a wheel says its own."""
    try:
        return str(Version(version))
    except InvalidVersion:
        return ""


def _copy_source(code: Path, request: dict[str, Any], to: Path) -> None:
    source = request["source_path"].strip("./")
    for name in request["files"]:
        if source and not name.startswith(f"{source}/"):
            continue
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((code / name).read_bytes())
    to.mkdir(parents=True, exist_ok=True)
    shutil.copy(carried_model.__file__, to / f"{LOADER}.py")


def keep_on_stage(folder: RunFolder, out: str) -> None:
    """Put the version that was loaded and its batch on the stage; a failure leaves no trace."""
    request = folder.order().request
    stage, version = Path(request["stage_folder"]), request["version"]
    draft = stage / f".{version}.{request['id']}"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        shutil.copytree(folder.artifact, draft / "artifact")
        take_file(out, PREDICTIONS, draft / PREDICTIONS)
        shutil.rmtree(stage / version, ignore_errors=True)
        draft.rename(stage / version)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
