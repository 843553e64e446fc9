"""The model registry in MLflow; implements ``core.ports.ModelRegistry``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from adapters.blocking.blocking import Begun
from adapters.mlflow.blocking import FILES_S, of_mlflow
from adapters.mlflow.names import check_model_name
from adapters.mlflow.settings import MlflowSettings
from core.artifact import Artifact
from core.results import Registered
from core.words import ReleaseId, Stage

if TYPE_CHECKING:
    from adapters.mlflow.versions import Versions


class MlflowRegistry:
    """It connects at the first call; calls run in ``settings.threads`` threads."""

    def __init__(self, settings: MlflowSettings, begun: Begun | None = None) -> None:
        self._versions = of_mlflow(
            lambda: _connected(settings), threads=settings.threads, begun=begun
        )

    async def find(self, model: str, release: ReleaseId) -> Registered | None:
        check_model_name(model)
        return await self._versions.ask(
            lambda versions: versions.find(model, release), limit_s=FILES_S
        )

    async def register(
        self, model: str, release: ReleaseId, run: str, tags: Mapping[str, str]
    ) -> Registered:
        check_model_name(model)
        return await self._versions.ask(
            lambda versions: versions.register(model, release, run, tags), limit_s=FILES_S
        )

    async def read(self, model: str, version: str) -> Artifact:
        check_model_name(model)
        return await self._versions.ask(
            lambda versions: versions.read(model, version), limit_s=FILES_S
        )

    async def holders(self, model: str) -> dict[Stage, str] | None:
        check_model_name(model)
        return await self._versions.ask(lambda versions: versions.holders(model))

    async def all_holders(self) -> dict[str, dict[Stage, str]]:
        return await self._versions.ask(lambda versions: versions.all_holders())

    async def place(self, model: str, version: str, stage: Stage, release: ReleaseId) -> str:
        check_model_name(model)
        return await self._versions.ask(
            lambda versions: versions.place(model, version, stage, release)
        )

    async def ping(self) -> None:
        await self._versions.ask(lambda versions: versions.ping())

    async def close(self) -> None:
        await self._versions.close()


def _connected(settings: MlflowSettings) -> "Versions":
    from adapters.mlflow.versions import Versions  # noqa: PLC0415 (it imports MLflow)

    return Versions(settings)
