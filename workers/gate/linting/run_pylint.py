"""Starts pylint on the files that stdin names, and keeps it from running any of their code.

It goes into the sandbox as a file: nothing of ours can be imported there.
"""

import json
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Final

import isort  # noqa: F401 - pylint imports it late, when its own version is not found any more
from pylint.lint import Run

OURS: Final = tuple(sys.path)


class OurModules(PathFinder):
    """Imports by the path of the start, as pylint adds folders that may shadow our modules."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return super().find_spec(fullname, OURS if path is None else path, target)


def main() -> None:
    finders = [OurModules if finder is PathFinder else finder for finder in sys.meta_path]
    sys.meta_path[:] = finders
    Run([*sys.argv[1:], *json.load(sys.stdin)])


if __name__ == "__main__":
    main()
