"""MLflow: its server on this machine, tracking, the model registry, and its webhooks."""

import msgspec

from adapters.blocking.blocking import Begun
from adapters.mlflow.blocking import configure
from adapters.mlflow.registry import MlflowRegistry
from adapters.mlflow.settings import Dialect, MlflowSettings
from adapters.mlflow.tracking import MlflowTracking

__all__ = ["Dialect", "Mlflow", "MlflowSettings", "build", "configure"]


class Mlflow(msgspec.Struct, frozen=True, kw_only=True):
    """The two ports that MLflow implements, each with its own client: there may be two servers."""

    tracking: MlflowTracking
    registry: MlflowRegistry

    async def close(self) -> None:
        await self.tracking.close()
        await self.registry.close()


def build(settings: MlflowSettings, begun: Begun | None = None) -> Mlflow:
    """Make both ports; nothing is connected yet, nor is MLflow imported, which takes seconds."""
    tracking, registry = MlflowTracking(settings, begun), MlflowRegistry(settings, begun)
    return Mlflow(tracking=tracking, registry=registry)
