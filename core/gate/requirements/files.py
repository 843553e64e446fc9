"""An environment file of either kind becomes the same entries."""

from typing import Final

from core.gate.requirements.conda import conda_entries
from core.gate.requirements.entry import Entry
from core.gate.requirements.pip_lines import pip_entries

CONDA_SUFFIXES: Final = (".yml", ".yaml")


def is_conda(file: str) -> bool:
    return file.casefold().endswith(CONDA_SUFFIXES)


def entries(file: str, text: str) -> tuple[Entry, ...]:
    """All of them, in the order of the file; what makes no sense is an entry, too."""
    return tuple(conda_entries(text) if is_conda(file) else pip_entries(text))
