"""How a registry shows which version holds a stage; each dialect is a file of this folder."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from mlflow.entities.model_registry import RegisteredModel
from mlflow.tracking import MlflowClient

from adapters.mlflow.representation.aliases import Aliases
from adapters.mlflow.settings import Dialect
from core.words import ReleaseId, Stage


class Representation(Protocol):
    """How one dialect shows stages. Each write may be repeated, also by two processes at once."""

    def holder(self, model: RegisteredModel, stage: Stage) -> str:
        """Return the version that holds the stage, as any client of the registry sees it, or ""."""

    def move(self, model: RegisteredModel, version: str, stage: Stage, release: ReleaseId) -> str:
        """Make the version the holder, and return the one that held the stage before it.

        The former holder is noted before anything moves, so that a repeat after a kill still finds
        it. ``model`` was read just before. What is right already is not written again.
        """

    def forget(self, model: str, version: str, stage: Stage) -> None:
        """Remove the mark of the stage from a former holder, which may be deleted by now."""


REPRESENTATIONS: Final[Mapping[Dialect, Callable[[MlflowClient], Representation]]] = {
    Dialect.ALIASES: Aliases,
}
