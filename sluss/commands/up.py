"""``sluss up``: everything in one process on one machine, with MLflow beside it."""

import asyncio
import signal
from pathlib import Path

from rich.console import Console

from sluss.commands.add import resend
from sluss.home.prepare import prepare_home
from sluss.home.settings import Settings, from_environment
from sluss.wiring.lock import Role, one_process
from sluss.wiring.server import Server

console = Console()


def up(home: Path, role: Role) -> None:
    """Until it is interrupted."""
    prepare_home(home)
    settings = from_environment(home)
    with one_process(home, role):
        asyncio.run(_up(settings, role))


async def _up(settings: Settings, role: Role) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with Server(settings, role) as server:
        _tell(settings, server.mlflow_url)
        takes = Role.GATEWAY in role.parts
        sent = await resend(settings.home, settings.public_url) if takes else 0
        if sent:
            console.print(f"{sent} pushes that were made while Sluss was down are handled now.")
        await server.until(stop.wait())
        console.print("Sluss is ending: what is under work has some seconds to get done.")
    console.print("Sluss has ended. MLflow stays up for the next start; `sluss down` ends it.")


def _tell(settings: Settings, mlflow_url: str) -> None:
    console.print("[bold]Sluss is up.[/bold] Identities are picked, not verified: local use only.")
    for name, path in (("Chat", "/chat"), ("Releases", "/releases"), ("Deliveries", "/deliveries")):
        console.print(f"  {name:<11}{settings.public_url}{path}")
    if mlflow_url:
        console.print(f"  {'MLflow':<11}{mlflow_url} (ready some seconds later)")
    console.print(f"  {'Home':<11}{settings.home}")
