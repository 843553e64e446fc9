"""Reads an environment file into sorted requirement lines that uv can install here."""

from collections.abc import Collection, Iterable
from typing import Final

from core.errors import StepFailedError
from core.gate.requirements import LineKind, entries, pip_entry

MENDS: Final = {
    LineKind.OPTION: (
        "list every package itself; where they come from is set for the whole platform"
    ),
    LineKind.ADDRESS: (
        "name a package and its version; code of your own belongs in the source folder"
    ),
    LineKind.NOT_PYTHON: "take it out: only Python packages can be installed on this machine",
}

NOT_INSTALLED: Final = (
    "A requirement {wrong}. Nothing was installed; list packages with their versions, and push "
    "again."
)


class EnvironmentFileError(StepFailedError):
    """The environment file cannot be used. Nothing was run; mend it and push again."""

    def __init__(self, file: str, wrong: str, mend: str, line: int = 0) -> None:
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place} {wrong}. Nothing was run; {mend}.")


def requirements(file: str, text: str, hosts: Collection[str] = ()) -> tuple[str, ...]:
    """Return package lines. Raise EnvironmentFileError for what uv cannot install from wheels.

    A wheel's address is taken where the policy lists its host.
    """
    found = entries(file, text, hosts)
    for entry in found:
        if entry.kind not in {LineKind.PACKAGE, LineKind.INTERPRETER}:
            mend = entry.mend or MENDS[entry.kind]
            raise EnvironmentFileError(file, entry.wrong, mend, entry.line)
    return tuple(sorted({entry.text for entry in found if entry.kind is LineKind.PACKAGE}))


def installable(lines: Iterable[str], hosts: Collection[str] = ()) -> list[str]:
    """Read lines again and write them anew, just before uv gets them: some came from a run.

    Raise StepFailedError for one that is no plain requirement.
    """
    found = [pip_entry(line, 0, hosts) for line in lines]
    for entry in found:
        if entry.kind is not LineKind.PACKAGE:
            raise StepFailedError(NOT_INSTALLED.format(wrong=entry.wrong))
    return [entry.text for entry in found]
