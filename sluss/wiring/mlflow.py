"""Starts a local MLflow server where none is named, and installs the webhook in either."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from adapters.mlflow.server import MLflowServer
from adapters.mlflow.webhooks import install
from core.errors import SettingsError, UnavailableError
from sluss.home.settings import MLFLOW_SECRET, Settings
from sluss.wiring.again import every, until_well
from sluss.wiring.lock import Role
from sluss.wiring.opening import Opening

log = logging.getLogger(__name__)

ENSURE_EVERY_S = 2.0
HOOK_PATH = "/hooks/mlflow"


async def own_server(settings: Settings, role: Role) -> MLflowServer | None:
    """Start a server without waiting for it, in a local worker that was given no other."""
    if settings.mlflow_url or not settings.is_local or Role.WORKER not in role.parts:
        return None
    server = MLflowServer(settings.home)
    await server.start()
    return server


def tend_mlflow(
    settings: Settings, url: str, server: MLflowServer | None, opening: Opening
) -> None:
    """Install the webhook once MLflow answers, and keep our own server running."""
    secret = settings.secrets.secret(MLFLOW_SECRET)
    installed = partial(install, url, f"{settings.public_url}{HOOK_PATH}", secret)

    async def tend() -> None:
        if server is not None:
            await until_well(partial(_begun, server))
        async with asyncio.TaskGroup() as tasks:
            if server is not None:
                tasks.create_task(every(ENSURE_EVERY_S, server.ensure))
            await _unless_refused(installed)

    opening.tends.append(tend)


async def _begun(server: MLflowServer) -> None:
    """Wait for the server; start it again if it ended, as it may when memory is short."""
    try:
        await server.ready()
    except UnavailableError:
        await server.start()
        raise


async def _unless_refused(installed: Callable[[], Awaitable[object]]) -> None:
    """Install the webhook; log a refusal and go on, as the registry is looked at anyway."""
    try:
        await until_well(installed)
    except SettingsError as error:
        log.warning("%s", error, extra={"action": "mlflow_webhook_refused"})
