"""Runs MLflow's blocking client in threads, and raises its errors as ours."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from adapters.mlflow.timed import TimedThread
from core.errors import InterruptedWorkError, UnavailableError
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

LOOK_S: Final = 60.0  # for a whole call, of several requests
FILES_S: Final = 4 * 3600.0  # for one that reads the files of a model, which may be large
CLOSE_S: Final = 3.0
TOO_SLOW: Final = (
    "MLflow did not come to the end of its answers within {limit_s:.0f} seconds. Nothing was lost; "
    "the work is tried again by itself."
)


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

    ``begun`` is waited for before each call: a server of ours takes some seconds to start. A call
    that never returns keeps its thread, but neither who asked nor the end of the process.
    """

    def __init__(self, make: Callable[[], C], *, threads: int, begun: Begun | None = None) -> None:
        self._make = make
        self._begun = begun
        self._made: C | None = None
        self._making = threading.Lock()
        self._free = asyncio.Semaphore(threads)
        self._under_way: set[asyncio.Future[Any]] = set()
        self._is_closed = False

    async def ask(self, call: Callable[[C], T], *, limit_s: float = LOOK_S) -> T:
        """Return what the call returns. Raise UnavailableError when it takes longer."""
        if self._begun is not None:
            await self._begun()
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.shield(await self._started(call, limit_s))
        except TimeoutError:
            raise UnavailableError(TOO_SLOW.format(limit_s=limit_s)) from None

    async def close(self) -> None:
        """Begin no more calls, and wait a little for those under way."""
        self._is_closed = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=CLOSE_S)

    async def _started(self, call: Callable[[C], T], limit_s: float) -> "asyncio.Future[T]":
        await self._free.acquire()
        if self._is_closed:
            self._free.release()
            raise InterruptedWorkError
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(self._ended)
        self._under_way.add(answer)
        TimedThread(lambda: self._answer(call), answer, limit_s).start()
        return answer

    def _ended(self, answer: "asyncio.Future[Any]") -> None:
        self._under_way.discard(answer)
        self._free.release()
        if not answer.cancelled():
            answer.exception()  # who asked may not wait for it any more

    def _answer(self, call: Callable[[C], T]) -> T:
        from adapters.mlflow.bounded import bound_answers  # noqa: PLC0415 (it imports MLflow)
        from adapters.mlflow.errors import as_ours  # noqa: PLC0415 (it does, too)

        bound_answers()
        with as_ours():  # an address that MLflow cannot use is refused when the client is made
            return call(self._client())

    def _client(self) -> C:
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made
