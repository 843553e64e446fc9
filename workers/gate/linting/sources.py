"""Which files of a repository can be linted, each by itself."""

import re
from typing import Final

from core.gate.checks import ModelRepo
from workers.gate.contract.python_source import is_notebook

# A notebook that runs another one gets names from there; a magic without "# MAGIC" is no Python.
RUNS: Final = re.compile(rb"^(?:# MAGIC )?%run\b|^[%!]", re.MULTILINE)


def sources(repo: ModelRepo) -> list[str]:
    python = (path for path in repo.files if path.casefold().endswith(".py"))
    return sorted(path for path in python if not _stands_not_alone(path, repo.files[path]))


def left_out(repo: ModelRepo) -> list[str]:
    """Notebooks that say something only together with others, or in a notebook's server."""
    return sorted(path for path, data in repo.files.items() if _stands_not_alone(path, data))


def _stands_not_alone(path: str, data: bytes) -> bool:
    if path.casefold().endswith(".ipynb"):
        return True
    is_python = path.casefold().endswith(".py")
    return is_python and is_notebook(path, data) and RUNS.search(data) is not None
