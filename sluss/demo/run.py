"""Set a stage for the story, tell it, and check what is left of it as an outsider would."""

import asyncio
import contextlib
import socket
import tempfile
import webbrowser
from pathlib import Path

from rich.console import Console

from core import ledger
from core.errors import SlussError
from sluss.demo.guide import Guide
from sluss.demo.script import Story
from sluss.home.prepare import prepare_home
from sluss.home.settings import Settings, from_environment
from sluss.wiring.lock import one_process
from sluss.wiring.server import Server

HOME = "home"


def demo(*, is_script: bool, keep: Path | None) -> int:
    """Return the exit code: 0 when the story held."""
    console = Console(soft_wrap=True)
    with contextlib.ExitStack() as stack:
        if keep is None:
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="sluss-demo-"))
            keep = Path(name)
        keep.mkdir(parents=True, exist_ok=True)
        try:
            asyncio.run(tell(keep.absolute(), is_script=is_script, console=console))
        except KeyboardInterrupt:
            console.print("The demo has ended.")
        except SlussError as error:
            console.print(f"[red]{error}[/red]", highlight=False)
            return 1
    return 0


async def tell(folder: Path, *, is_script: bool, console: Console) -> None:
    """Raise SettingsError where the story does not hold."""
    home = folder / HOME
    prepare_home(home)
    settings = from_environment(home, port=_free_port())
    with one_process(home):
        async with Server(settings) as server:
            _introduce(settings, server, folder, console)
            try:
                await server.until(_lead(settings, server, folder, console, is_script=is_script))
            finally:
                await server.end_mlflow()


async def _lead(
    settings: Settings, server: Server, folder: Path, console: Console, *, is_script: bool
) -> None:
    if is_script:
        await Story(settings, server, folder, console).tell()
        await _conclude(server, folder, console)
        return
    webbrowser.open(f"{settings.public_url}/chat")
    await Guide(settings, server, folder, console).lead()


async def _conclude(server: Server, folder: Path, console: Console) -> None:
    """Export the ledger and verify it; then ask MLflow itself who holds what."""
    path = folder / "ledger.jsonl"
    with path.open("wb") as file:
        async for line in server.parts.store.export():
            file.write(line)
    with path.open("rb") as lines:
        verdict = ledger.verify(lines)
    console.rule("[bold]What is left", align="left")
    console.print(f"ledger: {path} verifies, {verdict.entries} entries, head {verdict.head[:16]}")
    console.print(f"again, without us: sluss audit verify {path}", highlight=False)
    for model, stream in (await server.parts.store.claims()).items():
        name = (await server.handle.model(stream)).name or model
        holders = await server.parts.registry.holders(name) or {}
        told = ", ".join(
            f"{stage} holds {version}" for stage, version in holders.items() if version
        )
        console.print(f"MLflow says of {name}: {told or 'no stage is held'}", highlight=False)


def _introduce(settings: Settings, server: Server, folder: Path, console: Console) -> None:
    console.print("[bold]Sluss is up[/bold]; people are picked here, not signed in.")
    for name, url in (
        ("chat", f"{settings.public_url}/chat"),
        ("releases", f"{settings.public_url}/releases"),
        ("deliveries", f"{settings.public_url}/deliveries"),
        ("MLflow", server.mlflow_url),
        ("folder", str(folder)),
    ):
        console.print(f"  {name:<11}{url}", highlight=False)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
