"""What MLflow's client needs: an environment without other servers, and threads of its own."""

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final, TypeVar

from adapters.blocking.blocking import Begun, Blocking
from core.loopback import past_proxies

C = TypeVar("C")

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

FILES_S: Final = 4 * 3600.0  # for one that reads the files of a model, which may be large


def configure(environ: MutableMapping[str, str]) -> None:
    """Set how long MLflow's client waits, and that no proxy leads to one of this machine.

    What a shell has set for other servers is taken out. Call it with the process's environment,
    before use.
    """
    for name in [name for name in environ if name.startswith(FOREIGN)]:
        del environ[name]
    environ.update(ENVIRONMENT)
    environ.update(past_proxies(environ))


def of_mlflow(make: Callable[[], C], *, threads: int, begun: Begun | None = None) -> Blocking[C]:
    """Return a client of MLflow that does not block; ``make`` imports MLflow."""
    return Blocking("MLflow", make, threads=threads, translate=_bounded, begun=begun)


@contextmanager
def _bounded() -> Iterator[None]:
    from adapters.mlflow.bounded import bound_answers  # noqa: PLC0415 (it imports MLflow)
    from adapters.mlflow.errors import as_ours  # noqa: PLC0415 (it does, too)

    bound_answers()
    with as_ours():
        yield
