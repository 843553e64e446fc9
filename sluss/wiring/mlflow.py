"""Starts a local MLflow server where none is named, and installs the webhook in either."""

import asyncio
import time
from functools import partial
from typing import Final

from adapters.mlflow.server import MLflowServer
from adapters.mlflow.webhooks import install
from core.again import keep
from core.errors import UnavailableError
from sluss.home.settings import MLFLOW_SECRET, Settings
from sluss.wiring.lock import Role
from sluss.wiring.opening import Act, Opening

ENSURE_EVERY_S: Final = 2.0
INSTALL_EVERY_S: Final = 600.0  # somebody may delete it, or set MLflow up anew
HOOK_PATH: Final = "/hooks/mlflow"
NAME: Final = "tending MLflow"
STARTED_AGAIN: Final = "MLflow has ended, or did not answer any more. It was started again."
WEBHOOK: Final = "MLflow's webhook"


async def own_server(settings: Settings, role: Role, opening: Opening) -> MLflowServer | None:
    """Start a server without waiting for it, in a local worker that was given no other."""
    if settings.mlflow_url or not settings.is_local or Role.WORKER not in role.parts:
        return None
    server = MLflowServer(settings.home)
    opening.ended_by(server.stop)
    await server.start()
    return server


def tend_mlflow(
    settings: Settings, url: str, server: MLflowServer | None, opening: Opening
) -> None:
    """Keep the webhook installed, once MLflow answers, and our own server running."""
    troubles = opening.troubles
    secret = settings.secrets.secret(MLFLOW_SECRET)
    hooked = partial(install, url, f"{settings.public_url}{HOOK_PATH}", secret)
    if server is None:
        watched = partial(keep, WEBHOOK, hooked, troubles, every_s=INSTALL_EVERY_S)
        opening.tends.append((NAME, watched))
        return
    own = _OwnServer(server, hooked)

    async def tend() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep("MLflow", own.look, troubles, every_s=ENSURE_EVERY_S))
            tasks.create_task(keep(WEBHOOK, own.install, troubles, every_s=ENSURE_EVERY_S))

    opening.tends.append((NAME, tend))


class _OwnServer:
    """Starts our server again where it ended while it started, as it may when memory is short."""

    def __init__(self, server: MLflowServer, hooked: Act) -> None:
        self._server = server
        self._hooked = hooked
        self._hook_is_due_at = 0.0
        self.has_begun = asyncio.Event()

    async def look(self) -> None:
        if not self.has_begun.is_set():
            await self._begin()
        self.has_begun.clear()  # a trouble lasts until it answers
        if await self._server.ensure():
            self._hook_is_due_at = 0.0
            raise UnavailableError(STARTED_AGAIN)
        self.has_begun.set()

    async def install(self) -> None:
        """Install the webhook now and then, and where the server was started again.

        Its key may be another one, and then it reads no webhook that it had.
        """
        await self.has_begun.wait()
        if time.monotonic() < self._hook_is_due_at:
            return
        await self._hooked()
        self._hook_is_due_at = time.monotonic() + INSTALL_EVERY_S

    async def _begin(self) -> None:
        await self._server.check()
        try:
            await self._server.ready()
        except UnavailableError:
            await self._server.start()
            raise
