"""The model registry in MLflow: its blocking client in threads, its errors as ours."""

import asyncio
import threading
from collections.abc import Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from adapters.mlflow.names import check_model_name
from core.results import Registered
from core.words import ReleaseId, Stage

if TYPE_CHECKING:
    from adapters.mlflow.records import Records

T = TypeVar("T")
Call = Callable[["Records"], T]

# MLflow reads these from the environment alone, some when it is imported, the rest at each call.
# Its own settings keep a caller waiting for four minutes when the server is down.
ENVIRONMENT: Final = MappingProxyType(
    {
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "4",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_CONFIGURE_LOGGING": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
)


def configure(environ: MutableMapping[str, str]) -> None:
    """Set how long MLflow's client waits. Call it with the process's environment, before use."""
    environ.update(ENVIRONMENT)


class MlflowRegistry:
    """Implements ``core.ports.ModelRegistry``; making one connects to nothing."""

    def __init__(self, uri: str, threads: int = 4) -> None:
        self._uri = uri
        self._records: Records | None = None
        self._connecting = threading.Lock()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="mlflow")

    async def open_run(self, model: str, release: ReleaseId, tags: Mapping[str, str]) -> str:
        check_model_name(model)
        return await self._ask(lambda records: records.open_run(model, release, tags))

    async def metrics(self, run: str) -> dict[str, float]:
        return await self._ask(lambda records: records.metrics(run))

    async def find(self, model: str, release: ReleaseId) -> Registered | None:
        check_model_name(model)
        return await self._ask(lambda records: records.find(model, release))

    async def register(
        self, model: str, release: ReleaseId, run: str, tags: Mapping[str, str]
    ) -> Registered:
        check_model_name(model)
        return await self._ask(lambda records: records.register(model, release, run, tags))

    async def read(self, model: str, version: str) -> Registered:
        check_model_name(model)
        return await self._ask(lambda records: records.read(model, version))

    async def holders(self, model: str) -> dict[Stage, str] | None:
        check_model_name(model)
        return await self._ask(lambda records: records.holders(model))

    async def all_holders(self) -> dict[str, dict[Stage, str]]:
        return await self._ask(lambda records: records.all_holders())

    async def place(self, model: str, version: str, stage: Stage, release: ReleaseId) -> str:
        check_model_name(model)
        return await self._ask(lambda records: records.place(model, version, stage, release))

    async def ping(self) -> None:
        await self._ask(lambda records: records.ping())

    async def close(self) -> None:
        """Calls under way end by themselves within their time limit; new ones are not begun."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def _ask(self, call: Call[T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._answer, call)

    def _answer(self, call: Call[T]) -> T:
        return self._connected().answer(call)

    def _connected(self) -> "Records":
        """Import mlflow here: it takes seconds, and our own start must not wait for it."""
        with self._connecting:
            if self._records is None:
                from adapters.mlflow.records import Records  # noqa: PLC0415

                self._records = Records(self._uri)
            return self._records
