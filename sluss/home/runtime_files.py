"""Stores the runtimes that GBI imported, one JSON file each in SLUSS_HOME/runtimes."""

import os
from pathlib import Path
from typing import Final

import msgspec

from core.errors import DECODE_ERRORS, SettingsError
from core.gate.runtimes import Runtime
from sluss.home.strict_yaml import read
from workers.gate.runtimes.imported import problem

FOLDER: Final = "runtimes"
ENDING: Final = ".json"
WRONG: Final = (
    "runtimes/{file}: {why}. Nothing was started; import it again with `sluss runtimes import "
    "NAME FILE`, or remove the file."
)


def home_runtimes(home: Path | None) -> dict[str, Runtime]:
    """Return the imported runtimes by name. Raise SettingsError for a file that cannot be read."""
    if home is None:
        return {}
    return {path.stem: _read(path) for path in sorted((home / FOLDER).glob(f"[!.]*{ENDING}"))}


def write_runtime(home: Path, name: str, runtime: Runtime) -> Path:
    """Write the file as a whole, so that nobody who reads at that moment sees half of it."""
    path = home / FOLDER / f"{name}{ENDING}"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(runtime, order="sorted"))
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(text + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def _read(path: Path) -> Runtime:
    try:
        runtime = msgspec.json.decode(read(path), type=Runtime)
    except DECODE_ERRORS as error:
        raise SettingsError(WRONG.format(file=path.name, why=error)) from None
    if wrong := problem(path.stem, runtime):
        raise SettingsError(WRONG.format(file=path.name, why=wrong))
    return runtime
