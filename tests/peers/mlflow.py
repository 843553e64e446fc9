"""A real MLflow for the tests: its own server, on a home of its own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters.mlflow.server import MLflowServer
from core.errors import UnavailableError

PATIENCE_S = 120.0
TRIES = 3


@contextmanager
def running(home: Path) -> Iterator[MLflowServer]:
    server = MLflowServer(home)
    try:
        asyncio.run(_begin(server))
        yield server
    finally:
        asyncio.run(server.stop())


async def _begin(server: MLflowServer) -> None:
    """Start it, and again when it ended: it takes seconds to bind its port, and others may be first.

    The product does the same.
    """
    for _ in range(TRIES - 1):
        with suppress(UnavailableError):
            return await _try(server)
    return await _try(server)


async def _try(server: MLflowServer) -> None:
    await server.start()
    await server.ready(PATIENCE_S)
