"""Runs MLflow's blocking client in threads, and raises its errors as ours."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from core.loopback import past_proxies

C = TypeVar("C")
T = TypeVar("T")
Begun = Callable[[], Awaitable[None]]

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
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    }
)
# Whoever set these in a shell meant another server than ours: its address, or a token for it.
FOREIGN: Final = ("MLFLOW_", "DATABRICKS_")


def configure(environ: MutableMapping[str, str]) -> None:
    """Set how long MLflow's client waits, and that no proxy leads to one of this machine.

    What a shell has set for other servers is taken out. Call it with the process's environment,
    before use.
    """
    for name in [name for name in environ if name.startswith(FOREIGN)]:
        del environ[name]
    environ.update(ENVIRONMENT)
    environ.update(past_proxies(environ))


class Blocking(Generic[C]):
    """``make`` imports MLflow and returns a client; it is called at the first use, in a thread.

    ``begun`` is waited for before each call: a server of ours takes some seconds to start.
    """

    def __init__(self, make: Callable[[], C], *, threads: int, begun: Begun | None = None) -> None:
        self._make = make
        self._begun = begun
        self._made: C | None = None
        self._making = threading.Lock()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="mlflow")

    async def ask(self, call: Callable[[C], T]) -> T:
        if self._begun is not None:
            await self._begun()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._answer, call)

    async def close(self) -> None:
        """Begin no more calls, and wait for those under way, which have a time limit."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    def _answer(self, call: Callable[[C], T]) -> T:
        from adapters.mlflow.errors import as_ours  # noqa: PLC0415 (it imports MLflow, too)

        with as_ours():  # an address that MLflow cannot use is refused when the client is made
            return call(self._client())

    def _client(self) -> C:
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made
