"""``sluss up``: run one process of a role; by default all roles, with MLflow, on one machine."""

import asyncio
import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from core.gate.tools import Level
from core.scrub import without_login
from sluss.home.chat_token import chat_address
from sluss.home.hooks import resend
from sluss.home.prepare import prepare_home
from sluss.home.settings import FOREIGN_MLFLOW, Settings, from_environment, is_local_start
from sluss.home.store_url import shown
from sluss.home.this_program import this_program
from sluss.wiring.ends import told_to_end
from sluss.wiring.lock import Role, one_process
from sluss.wiring.safe import refuse_unsafe, refuse_without_walls, with_sandbox
from sluss.wiring.server import Server

console = Console(soft_wrap=True)

NOT_OURS: Final = (
    f"{FOREIGN_MLFLOW} is set in this shell and is not used; to use that MLflow, set "
    "SLUSS_MLFLOW_URL."
)


def up(
    home: Path, role: Role, *, sandbox: Level | None = None, host: str = "", port: int | None = None
) -> None:
    """Run a server of this role until it is interrupted.

    ``sandbox`` is the weakest in which a model's code may run, in place of the policy's; ``host``
    and ``port`` are in place of the environment's.
    """
    prepare_home(home, is_local=is_local_start(os.environ))
    settings = from_environment(home, host=host, port=port)
    if sandbox is not None:
        settings = with_sandbox(settings, sandbox)
    refuse_unsafe(settings, role)
    asyncio.run(refuse_without_walls(settings, role))
    with _alone(settings, role):
        asyncio.run(_up(settings, role))


def _alone(settings: Settings, role: Role) -> AbstractContextManager[None]:
    """Lock the home, except for a gateway whose ledger and queues are elsewhere.

    Any number of such gateways may share a home. A worker never does: its runs are processes of
    this machine, and folders of this home.
    """
    if role is Role.GATEWAY and not settings.is_on_one_machine:
        return nullcontext()
    return one_process(settings.home, role)


async def _up(settings: Settings, role: Role) -> None:
    with told_to_end() as told:
        await _serve(settings, role, told)
    console.print("Sluss has ended.")
    if settings.is_local and not settings.mlflow_url and Role.WORKER in role.parts:
        words = "MLflow stays up for the next start; `sluss down` ends it."
        console.print(Text(this_program(settings.home).in_text(words)))


async def _serve(settings: Settings, role: Role, told: asyncio.Event) -> None:
    async with Server(settings, role) as server:
        takes = Role.GATEWAY in role.parts
        if settings.is_local and takes:
            _tell(settings, server.mlflow_url)
        else:
            _tell_operator(settings, role)
        if sent := await resend(settings.home) if takes else 0:
            console.print(f"Pushes that were made while Sluss was down are handled now: {sent}.")
        await server.until(told.wait())
        console.print("Sluss is ending: what is under work has some seconds to get done.")


def _tell(settings: Settings, mlflow_url: str) -> None:
    if notice := settings.files.policy.notice:
        console.print(f"[bold red]{notice}[/bold red]")
    console.print("[bold]Sluss is up.[/bold] Identities are picked, not verified: local use only.")
    console.print(f"  {'Chat':<11}{chat_address(settings.home, settings.public_url)}")
    for name, path in (("Releases", "/releases"), ("Deliveries", "/deliveries")):
        console.print(f"  {name:<11}{settings.public_url}{path}")
    if settings.is_mlflow_named_elsewhere and not settings.mlflow_url:
        console.print(NOT_OURS)
    if mlflow_url:
        console.print(f"  {'MLflow':<11}{without_login(mlflow_url)} (ready some seconds later)")
    console.print(f"  {'Home':<11}{settings.home}")


def _tell_operator(settings: Settings, role: Role) -> None:
    console.print(f"Sluss is up as {role}.")
    if not settings.is_local:
        console.print("Who decides is whom Teams has signed in.")
    if Role.GATEWAY in role.parts:
        console.print(
            f"  {'Deliveries':<11}{settings.public_url}/hooks/azure-devops, /hooks/mlflow"
        )
        console.print(f"  {'Teams':<11}{settings.public_url}/api/messages")
    console.print(f"  {'Health':<11}port {settings.health_port}")
    console.print(f"  {'Ledger':<11}{shown(settings.store_url)}")
    queues = "Service Bus" if settings.has_service_bus else str(settings.home)
    console.print(f"  {'Queues':<11}{queues}")
