"""What a logged model or a version consists of, and whether its code is that of the commit."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

import msgspec

from core.gate.checks import ModelRepo

CODE: Final = "code/"  # where an artifact carries the model's sources
CACHE: Final = "__pycache__"  # never carried: it is made anew where the code runs
# By it MLflow loads the model without us. Versions of before have it as it was then; that it is as
# it was logged is told by the digest.
LOADER: Final = "sluss_carried_model.py"
SHOWN: Final = 3
NO_CODE: Final = "the artifact carries none of the code of the commit"


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """``digest`` is over all files; ``files`` maps each path to the SHA-256 of its content.

    ``source`` is where the files lie, as the registry or the tracking server names it.
    """

    digest: str
    files: Mapping[str, str] = {}
    source: str = ""

    @property
    def code(self) -> dict[str, str]:
        """The code that it carries, by the path in the repository."""
        files = self.files.items()
        return {path.removeprefix(CODE): found for path, found in files if path.startswith(CODE)}


def code_difference(artifact: Artifact, commit: ModelRepo, source_path: str) -> str:
    """Say in words what of the code is not as in the commit, or ""."""
    wanted = _sources(commit, source_path)
    if wanted and not artifact.code:
        return NO_CODE
    found = [*_differing(artifact.code, wanted)]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more


def _sources(commit: ModelRepo, source_path: str) -> dict[str, str]:
    """The files of the commit that an artifact has to carry, with the hash of each."""
    folder = source_path.strip("./")
    return {
        path: hashlib.sha256(content).hexdigest()
        for path, content in commit.files.items()
        if (not folder or path.startswith(f"{folder}/")) and CACHE not in PurePosixPath(path).parts
    }


def _differing(carried: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[str]:
    for path in sorted({*carried, *wanted}):
        if path == LOADER and path not in wanted:
            continue
        if path not in wanted:
            yield f"{path} is not in the commit"
        elif path not in carried:
            yield f"{path} is missing"
        elif carried[path] != wanted[path]:
            yield f"{path} is another than in the commit"
