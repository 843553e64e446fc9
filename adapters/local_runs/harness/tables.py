"""The tables of the dataset template, as the model's functions get them in ``data``."""

# ruff: noqa: TID252 (see this package's docstring)

import hashlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from .failures import StepFailureError, first_line

FORMATS = {".csv": "read_csv", ".parquet": "read_parquet", ".json": "read_json"}
BLOCK = 1 << 20


class TableRefusedError(StepFailureError):
    """A table of the dataset template is not there, or may not be read. Nothing was run."""


class DataTable:
    """One table: ``location`` is the path of its file; ``read`` returns a pandas DataFrame."""

    def __init__(self, name: str, file: str, location: str) -> None:
        self.name = name
        self.location = location
        self._file = file

    def read(self) -> Any:
        suffix = Path(self._file).suffix.casefold()
        try:
            return _reader(suffix)(self.location)
        except ImportError as error:
            raise StepFailureError(
                f"Reading {self._file} needs a package that is not there: {first_line(error)} "
                "Add it to the environment file."
            ) from error
        except (ValueError, OSError) as error:
            raise StepFailureError(
                f"The table {self.name!r} cannot be read: {self._file} is no good "
                f"{suffix.lstrip('.') or 'file'} ({first_line(error)})."
            ) from error


class Data(dict[str, DataTable]):
    """Tables by name. Raise StepFailureError for one that the template does not name."""

    def __missing__(self, name: str) -> NoReturn:
        names = ", ".join(sorted(self)) or "no table"
        raise StepFailureError(
            f"The model asks for the table {name!r}, and the dataset template names {names}. "
            "Add the table to the template, or ask for one that is there."
        )


def open_tables(root: Path, links: list[str], sources: list[dict[str, str]]) -> Data:
    return Data({source["name"]: _open(root, links, source) for source in sources})


def fingerprint(data: Data) -> str:
    """Return the SHA-256 over names and contents, each hashed first so that none runs together."""
    total = hashlib.sha256()
    for name in sorted(data):
        with Path(data[name].location).open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").digest()
        total.update(hashlib.sha256(name.encode()).digest() + digest)
    return total.hexdigest()


def _reader(suffix: str) -> Callable[[str], Any]:
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 (half a second, and some models read by themselves)

    if suffix not in FORMATS:
        known = ", ".join(FORMATS)
        raise ValueError(f"a file that ends with {known} is read; open others by their location")
    reader: Callable[[str], Any] = getattr(pd, FORMATS[suffix])
    return reader


def _open(root: Path, links: list[str], source: dict[str, str]) -> DataTable:
    name, file = source["name"], source["file"]
    if not file:
        raise TableRefusedError(
            f"The table {name!r} is {source['table']!r} in a workspace, and this machine reads "
            "files of the repository only. Nothing was run; give the table a file, too."
        )
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or "\\" in file or ":" in file:
        _refuse(name, file, "leaves the repository")
    if any(str(part) in links for part in (path, *path.parents)):
        _refuse(name, file, "is a symbolic link")
    found = root / path
    if not found.resolve().is_relative_to(root.resolve()):
        _refuse(name, file, "leaves the repository")
    if not found.is_file():
        raise TableRefusedError(
            f"The table {name!r} is absent: the repository has no file {file}. Nothing was run; "
            "add the file, or mend the dataset template."
        )
    return DataTable(name, file, str(found))


def _refuse(name: str, file: str, why: str) -> NoReturn:
    raise TableRefusedError(
        f"The table {name!r} is refused: {file} {why}. Nothing was run; put the file itself into "
        "the repository and name it by its path from the root."
    )
