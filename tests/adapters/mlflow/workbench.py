"""A real MLflow and a data scientist who logs tiny models into it.

MLflow is imported late: after ``configure``, as in the product.
"""

import asyncio
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.mlflow import Mlflow, MlflowSettings, build

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

SHARED_STORE = "s3://models/loan_default"  # where every server may look for it


class MlflowBench:
    """Implements ``Bench`` of the contract; ``client`` is MLflow's own view of the same."""

    def __init__(self, uri: str, artifacts: Path, models: Path) -> None:
        self.uri = uri
        self.client = client_of(uri)
        self._artifacts = artifacts
        self._models = models
        self._workers: list[Mlflow] = []
        mine = self.another_worker()
        self.registry, self.tracking = mine.registry, mine.tracking

    def model(self) -> str:
        return f"loan_default_{uuid.uuid4().hex[:8]}"

    def another_worker(self) -> Mlflow:
        worker = build(MlflowSettings(tracking_uri=self.uri, threads=1))
        self._workers.append(worker)
        return worker

    async def train(self, run: str, answer: str) -> None:
        await asyncio.to_thread(self._train, run, answer)

    def _train(self, run: str, answer: str) -> None:
        """What log_model does, without building the same model anew each time."""
        from mlflow.entities import LoggedModelOutput  # noqa: PLC0415

        experiment = self.client.get_run(run).info.experiment_id
        model = self.client.create_logged_model(experiment, name="model", source_run_id=run)
        self.client.log_model_artifacts(model.model_id, str(self._saved(answer)))
        self.client.finalize_logged_model(model.model_id, "READY")
        self.client.log_outputs(run, [LoggedModelOutput(model.model_id, step=0)])
        self.client.log_metric(run, "auc", 0.75)

    def _saved(self, answer: str) -> Path:
        folder = self._models / answer
        if not folder.exists():
            import mlflow.pyfunc  # noqa: PLC0415

            mlflow.pyfunc.save_model(
                folder, python_model=_always(answer), pip_requirements=["mlflow-skinny"]
            )
        return folder

    async def log_model(self, run: str) -> None:
        await asyncio.to_thread(self._log_model, run)

    def _log_model(self, run: str) -> None:
        import mlflow.pyfunc  # noqa: PLC0415

        mlflow.set_tracking_uri(self.uri)
        with mlflow.start_run(run_id=run):
            mlflow.pyfunc.log_model(
                name="model", python_model=_always("yes"), pip_requirements=["mlflow-skinny"]
            )

    async def tamper(self, model: str, version: str) -> None:
        uri = self.client.get_model_version_download_uri(model, version)
        stored = self._artifacts / uri.removeprefix("mlflow-artifacts:/") / "python_model.pkl"
        content = bytearray(stored.read_bytes())
        content[-2] ^= 1
        stored.write_bytes(content)

    async def lose_files(self, model: str, version: str) -> None:
        uri = self.client.get_model_version_download_uri(model, version)
        shutil.rmtree(self._artifacts / uri.removeprefix("mlflow-artifacts:/"))

    async def delete_version(self, model: str, version: str) -> None:
        self.client.delete_model_version(model, version)

    async def delete_model(self, model: str) -> None:
        self.client.delete_registered_model(model)

    async def tracked_state(self, run: str) -> str:
        return str(self.client.get_run(run).info.status)

    async def delete_run(self, run: str) -> None:
        self.client.delete_run(run)

    async def delete_experiment(self, model: str) -> None:
        self.client.delete_experiment(self.client.get_experiment_by_name(model).experiment_id)

    async def close(self) -> None:
        for worker in self._workers:
            await worker.close()


def client_of(uri: str) -> "MlflowClient":
    from mlflow.tracking import MlflowClient  # noqa: PLC0415

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _always(answer: str) -> Callable[[list[str]], list[str]]:
    from mlflow.pyfunc.utils import pyfunc  # noqa: PLC0415

    @pyfunc
    def predict(model_input: list[str]) -> list[str]:
        return [answer for _ in model_input]

    return predict
