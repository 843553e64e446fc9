"""MLflow: the server beside us, tracking, the model registry, and its webhooks."""

import msgspec

from adapters.mlflow.blocking import configure
from adapters.mlflow.registry import MlflowRegistry
from adapters.mlflow.settings import Dialect, MlflowSettings
from adapters.mlflow.tracking import MlflowTracking

__all__ = ["Dialect", "Mlflow", "MlflowSettings", "build", "configure"]


class Mlflow(msgspec.Struct, frozen=True, kw_only=True):
    """The two ports of MLflow; they may be two servers, and the clients are theirs alone."""

    tracking: MlflowTracking
    registry: MlflowRegistry

    async def close(self) -> None:
        await self.tracking.close()
        await self.registry.close()


def build(settings: MlflowSettings) -> Mlflow:
    """It connects to nothing yet, and does not import MLflow, which takes seconds."""
    return Mlflow(tracking=MlflowTracking(settings), registry=MlflowRegistry(settings))
