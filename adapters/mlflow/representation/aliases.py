"""Stages as aliases and tags, for MLflow's own server and any registry that has both."""

from typing import Final

from mlflow.entities.model_registry import RegisteredModel
from mlflow.tracking import MlflowClient

from adapters.mlflow.errors import MISSING, tolerating
from core.words import ReleaseId, Stage

# The stage in lower case; for production also "champion", which MLflow's own examples load.
ALIASES: Final = {
    Stage.TST: ("tst",),
    Stage.QA: ("qa",),
    Stage.PROD: ("prod", "champion"),
}


class Aliases:
    """Aliases name the holder of a stage; tags name the one before it, and the release."""

    def __init__(self, client: MlflowClient) -> None:
        self._client = client

    def holder(self, model: RegisteredModel, stage: Stage) -> str:
        """Return the holder; of aliases that differ, the one not set by Sluss, so that it shows."""
        noted = str(model.tags.get(_holder_tag(stage), ""))
        seen = [str(model.aliases.get(alias, "")) for alias in ALIASES[stage]]
        return next((version for version in seen if version != noted), noted)

    def move(self, model: RegisteredModel, version: str, stage: Stage, release: ReleaseId) -> str:
        """Write only what differs: MLflow sends a webhook even when nothing changes."""
        previous = self._noted_previous(model, version, stage)
        name = model.name
        for alias in ALIASES[stage]:
            if str(model.aliases.get(alias, "")) != version:
                self._client.set_registered_model_alias(name, alias, version)
        tags = self._client.get_model_version(name, version).tags
        if tags.get(_stage_tag(stage)) != release:
            self._client.set_model_version_tag(name, version, _stage_tag(stage), release)
        if model.tags.get(_holder_tag(stage)) != version:
            self._client.set_registered_model_tag(name, _holder_tag(stage), version)
        return previous

    def forget(self, model: str, version: str, stage: Stage) -> None:
        with tolerating(MISSING):
            if _stage_tag(stage) in self._client.get_model_version(model, version).tags:
                self._client.delete_model_version_tag(model, version, _stage_tag(stage))

    def _noted_previous(self, model: RegisteredModel, version: str, stage: Stage) -> str:
        present = self.holder(model, stage)
        if present == version:
            return str(model.tags.get(_previous_tag(stage), ""))
        self._client.set_registered_model_tag(model.name, _previous_tag(stage), present)
        return present


def _stage_tag(stage: Stage) -> str:
    """Name the tag of a version that holds the release which brought it to the stage."""
    return f"sluss.stage.{stage}"


def _holder_tag(stage: Stage) -> str:
    """Name the tag of a model with the version that Sluss placed; a moved alias differs."""
    return f"sluss.holder.{stage}"


def _previous_tag(stage: Stage) -> str:
    """Name the tag of a model with the version that held the stage before the present one."""
    return f"sluss.previous.{stage}"
