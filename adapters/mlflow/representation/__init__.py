"""How a registry shows which version holds a stage: each dialect is one file here."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from mlflow.entities.model_registry import RegisteredModel
from mlflow.tracking import MlflowClient

from adapters.mlflow.representation.aliases import Aliases
from adapters.mlflow.settings import Dialect
from core.words import ReleaseId, Stage


class Representation(Protocol):
    """Nobody outside of this adapter knows it. Every write may be repeated, and by two at once."""

    def holder(self, model: RegisteredModel, stage: Stage) -> str:
        """This version holds the stage, as anybody who asks the registry sees it; "" for none."""

    def move(self, model: RegisteredModel, version: str, stage: Stage, release: ReleaseId) -> str:
        """Make the version the holder, and return the one that held the stage before it.

        That one is noted before anything moves: a repeat after a kill still finds it. ``model`` is
        as it was read just before. What is right already is not written again.
        """

    def forget(self, model: str, version: str, stage: Stage) -> None:
        """Take away what an earlier holder still says of the stage; it may be deleted."""


REPRESENTATIONS: Final[Mapping[Dialect, Callable[[MlflowClient], Representation]]] = {
    Dialect.ALIASES: Aliases,
}
