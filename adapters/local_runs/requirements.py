"""Reads an environment file into sorted requirement lines that uv can install here."""

from typing import Final

from core.errors import StepFailedError
from core.gate.requirements import LineKind, entries

MENDS: Final = {
    LineKind.OPTION: (
        "list every package itself; where they come from is set for the whole platform"
    ),
    LineKind.ADDRESS: (
        "name a package and its version; code of your own belongs in the source folder"
    ),
    LineKind.NOT_PYTHON: "take it out: only Python packages can be installed on this machine",
}


class EnvironmentFileError(StepFailedError):
    """The environment file cannot be used. Nothing was run; mend it and push again."""

    def __init__(self, file: str, wrong: str, mend: str, line: int = 0) -> None:
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place} {wrong}. Nothing was run; {mend}.")


def requirements(file: str, text: str) -> tuple[str, ...]:
    """Return package lines. Raise EnvironmentFileError for what uv cannot install from wheels."""
    found = entries(file, text)
    for entry in found:
        if entry.kind not in {LineKind.PACKAGE, LineKind.INTERPRETER}:
            mend = entry.mend or MENDS[entry.kind]
            raise EnvironmentFileError(file, entry.wrong, mend, entry.line)
    return tuple(sorted({entry.text for entry in found if entry.kind is LineKind.PACKAGE}))
