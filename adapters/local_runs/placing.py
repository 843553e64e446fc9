"""A run's folder before it starts: the model's code, the harness and the order, whole or absent."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import quote

import msgspec

from adapters.local_runs.folder import Order, RunFolder
from adapters.local_runs.requirements import requirements
from core.errors import StepFailedError
from core.gate.checks import ModelRepo
from core.gate.dataset_template import DatasetTemplate, parse
from core.ports.ml_platform import RunLook, RunSpec, RunState

ADAPTERS: Final = Path(__file__).parents[1]
HARNESS: Final = "sluss_harness"
CARRIED: Final = (
    *(ADAPTERS / "local_runs" / "harness").glob("*.py"),
    ADAPTERS / "artifact_digest" / "digest.py",
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all runs."""

    home: Path
    uv: str
    python: str
    tracking_uri: str
    memory_limit_mb: int


def lay_out(folder: RunFolder, spec: RunSpec, place: Place) -> None:
    """Made beside and moved into place: of two that race, one is kept."""
    folder.path.parent.mkdir(parents=True, exist_ok=True)
    draft = RunFolder(Path(tempfile.mkdtemp(prefix=f".{folder.run}.", dir=folder.path.parent)))
    try:
        _fill(draft, folder.run, spec, place)
        draft.path.rename(folder.path)
    except OSError:
        if not folder.path.is_dir():
            raise
    finally:
        shutil.rmtree(draft.path, ignore_errors=True)


def _fill(draft: RunFolder, run: str, spec: RunSpec, place: Place) -> None:
    """An order that makes no sense is a run that has failed: its reason is found by looking."""
    try:
        order = _order(run, spec, place)
        _write_code(draft.code, spec.code)
    except StepFailedError as error:
        draft.keep_result(RunLook(state=RunState.FAILED, reason=str(error)))
        return
    _carry(CARRIED, draft.harness / HARNESS)
    draft.keep_order(order)


def _order(run: str, spec: RunSpec, place: Place) -> Order:
    return Order(
        run=run,
        uv=place.uv,
        python=place.python,
        tracking_uri=place.tracking_uri,
        environments=str(place.home / "environments"),
        requirements=requirements(*spec.environment),
        time_limit_s=spec.time_limit_s,
        memory_limit_mb=min(spec.memory_limit_mb, place.memory_limit_mb),
        request=_request(run, spec, place, parse(spec.dataset)),
    )


def _request(run: str, spec: RunSpec, place: Place, dataset: DatasetTemplate) -> dict[str, object]:
    folder = RunFolder(place.home / "runs" / run)
    stage = place.home / "stages" / spec.stage / quote(spec.model, safe="").replace("..", "%2e%2e")
    return {
        "id": run,
        "step": spec.step,
        "model": spec.model,
        "model_type": spec.model_type,
        "version": spec.version,
        "run": spec.tracking_run,
        "code": str(folder.code),
        "source_path": spec.source_path,
        "files": sorted(spec.code.files),
        "links": sorted(spec.code.links),
        "tables": dataset.tables,
        "parameters": dataset.parameters,
        "stage_folder": str(stage),
    }


def _write_code(to: Path, repo: ModelRepo) -> None:
    """Files only: a link could lead out of the folder."""
    to.mkdir()
    for name, content in repo.files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\0" in name:
            raise StepFailedError(f"{name!r} leaves the repository. Nothing was run; rename it.")
        target = to / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _carry(files: Iterable[Path], to: Path) -> None:
    to.mkdir(parents=True)
    for file in files:
        shutil.copy(file, to / file.name)
