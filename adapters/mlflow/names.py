"""The names under which Sluss keeps its facts in MLflow, and the names that it refuses."""

import re
from typing import Final

from core.errors import StepFailedError
from core.words import ReleaseId

ARTIFACT: Final = "model"  # what a run calls the model that it logs
RELEASE_TAG: Final = "sluss.release"  # on run and version, which are found by it
MODEL_TAG: Final = "sluss.model"  # on the run: which of its models a step of ours has logged
DIGEST_TAG: Final = "sluss.artifact_digest"  # on the version, for people who read MLflow itself

# MLflow refuses "/" and ":"; blanks and other letters fail later, in addresses and in Unity
# Catalog, so that one rule is told at the start for every registry.
MODEL_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
RELEASE: Final = re.compile(r"[A-Za-z0-9_.-]{1,250}")

REFUSED_NAME: Final = (
    "MLflow takes no model called {name!r}. Nothing was run or registered; change MODEL_NAME to "
    "letters a to z, digits, underscores, dashes and dots, and push again."
)


def check_model_name(name: str) -> None:
    if not MODEL_NAME.fullmatch(name) or ".." in name:
        raise StepFailedError(REFUSED_NAME.format(name=name))


def quoted(release: ReleaseId) -> str:
    """Quote a release for MLflow's filters. They cannot escape a quote, so it is refused."""
    if not RELEASE.fullmatch(release):
        raise StepFailedError(f"{release!r} is no release: MLflow was not asked for it.")
    return f"'{release}'"
