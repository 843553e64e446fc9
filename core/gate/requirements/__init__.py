"""What an environment file asks for, line by line: requirements.txt and conda.yml."""

from core.gate.requirements.entry import Entry, Kind
from core.gate.requirements.files import entries, is_conda

__all__ = ["Entry", "Kind", "entries", "is_conda"]
