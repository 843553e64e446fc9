"""The tracking of runs in MLflow; implements ``core.ports.Tracking``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from adapters.blocking.blocking import Begun
from adapters.mlflow.blocking import FILES_S, of_mlflow
from adapters.mlflow.names import check_model_name
from adapters.mlflow.settings import MlflowSettings
from core.artifact import Artifact
from core.words import ReleaseId, TrackedState

if TYPE_CHECKING:
    from adapters.mlflow.runs import Runs


class MlflowTracking:
    """It connects at the first call; calls run in ``settings.threads`` threads."""

    def __init__(self, settings: MlflowSettings, begun: Begun | None = None) -> None:
        self._runs = of_mlflow(lambda: _connected(settings), threads=settings.threads, begun=begun)

    async def open_run(self, model: str, release: ReleaseId, tags: Mapping[str, str]) -> str:
        check_model_name(model)
        return await self._runs.ask(lambda runs: runs.open_run(model, release, tags))

    async def logged(self, run: str) -> Artifact:
        return await self._runs.ask(lambda runs: runs.logged(run), limit_s=FILES_S)

    async def metrics(self, run: str) -> dict[str, float]:
        return await self._runs.ask(lambda runs: runs.metrics(run))

    async def mark(self, run: str, state: TrackedState) -> None:
        await self._runs.ask(lambda runs: runs.mark(run, state))

    async def close(self) -> None:
        await self._runs.close()


def _connected(settings: MlflowSettings) -> "Runs":
    from adapters.mlflow.runs import Runs  # noqa: PLC0415 (it imports MLflow)

    return Runs(settings)
