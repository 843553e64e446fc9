"""Runs the demo: starts a server, tells the story, and checks the result from outside."""

import asyncio
import threading
import webbrowser
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from adapters.mlflow.command import free_port
from core.command_line import typed
from core.gate.tools import Level
from core.release.release import Release
from core.release.state import State
from core.scrub import without_login
from core.verify import verify
from core.words import Stage
from sluss.demo.folder import HOME, LEDGER, LOANS, DemoFolder, demo_folder
from sluss.demo.pulse import Pulse
from sluss.demo.repository import DemoRepository
from sluss.demo.script import Story, StoryError
from sluss.home.chat_token import chat_address
from sluss.home.hooks import resend
from sluss.home.prepare import prepare_home
from sluss.home.settings import (
    Settings,
    apart_from_environment,
)
from sluss.home.this_program import this_program
from sluss.templates.model_repository import Kind
from sluss.wiring.ends import told_to_end, unless
from sluss.wiring.lock import Role, one_process
from sluss.wiring.safe import refuse_without_walls, with_sandbox
from sluss.wiring.server import Server

STAYS: Final = "All of it stays in that folder; the same --keep goes on there."
PASSES: Final = (
    "Ctrl-C ends the demo and deletes that folder, unless you have changed something in it; with "
    "--keep DIR it stays in DIR."
)
NEXT: Final = {
    State.BLOCKED: "The card lists what to mend. Mend it in {folder}, then:\n     {push}",
    State.AWAITING_ACCEPTANCE: "In the chat, as Astrid: press Accept.",
    State.REGISTERED: "In the chat, as Astrid: press Request QA and say why.",
    State.AWAITING_APPROVAL: (
        "In the chat, in the room approvals: press Approve as Astrid, and it is refused. As Bo or "
        "Carin it is not."
    ),
    State.FAILED: "The card says what failed. Retry it, or mend it and push again:\n     {push}",
}
IN_QA: Final = "It serves QA. In the chat, as Astrid: press Request PROD."
IN_PROD: Final = (
    "It is in production. Press Ctrl-C, or change something in {folder} and push again:\n"
    "     {push}"
)
PUSH: Final = "cd {folder} && git commit -am Mend && git push"
AGAIN: Final = "again, without us: {command}"
GOES: Final = (
    "It goes with this folder; `sluss demo --script --keep DIR` keeps it, to be verified again."
)


def demo(
    *, is_script: bool, keep: Path | None, sandbox: Level | None = None, port: int | None = None
) -> int:
    """Run the demo and return the exit code: 0 when the story held, or somebody ended it.

    Raise SettingsError, as every command does, where it cannot start.
    """
    console = Console(soft_wrap=True)
    try:
        asyncio.run(_demo(is_script=is_script, keep=keep, sandbox=sandbox, port=port))
    except StoryError as error:
        console.print(Text(str(error), style="red"))
        return 1
    return 0


async def _demo(
    *, is_script: bool, keep: Path | None, sandbox: Level | None, port: int | None
) -> None:
    """Tell the story, until we are told to end. Raise StoryError where it does not hold."""
    console = Console(soft_wrap=True)
    with told_to_end() as told:
        async with demo_folder(keep, console) as folder:
            home = folder.path / HOME
            prepare_home(home)
            settings = apart_from_environment(home, port=port or free_port())
            if sandbox is not None:
                settings = with_sandbox(settings, sandbox)
            await refuse_without_walls(settings, Role.ALL)
            with one_process(home):
                async with Server(settings, is_passing=True) as server:
                    folder.has_begun = True
                    _introduce(settings, server, folder, console)
                    story = _lead(settings, server, folder, console, is_script=is_script)
                    if not await unless(told, server.until(story)):
                        console.print("The demo is ending.")
    console.print("The demo has ended.")


async def _lead(
    settings: Settings, server: Server, folder: DemoFolder, console: Console, *, is_script: bool
) -> None:
    sent = await resend(settings.home)
    if sent:
        console.print("What was pushed meanwhile is handled now.")
    if is_script:
        await Story(settings, server, folder.path, console).tell()
        await conclude(server, folder, console)
        return
    _open(chat_address(settings.home, settings.public_url))
    await Guide(settings, server, folder, console).lead()


def _open(url: str) -> None:
    """Open a browser in a thread of its own, as some stay in front until they are closed."""
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


async def conclude(server: Server, folder: DemoFolder, console: Console) -> None:
    """Export the ledger and verify it; then ask MLflow itself which versions hold the stages."""
    path = folder.path / LEDGER
    with path.open("wb") as file:
        async for line in server.parts.store.export():
            file.write(line)
    with path.open("rb") as lines:
        verdict = verify(lines)
    console.rule("[bold]What is left", align="left")
    console.print(f"ledger: {path} verifies, {verdict.entries} entries, head {verdict.head[:16]}")
    sluss = this_program()
    again = AGAIN.format(command=sluss("audit", "verify", str(path)))
    told = again if folder.is_kept else sluss.in_text(GOES)
    console.print(told, highlight=False, markup=False)
    for model, stream in (await server.parts.store.claims()).items():
        name = (await server.handle.model(stream)).name or model
        holders = await server.parts.registry.holders(name) or {}
        told = ", ".join(
            f"{stage} holds {version}" for stage, version in holders.items() if version
        )
        console.print(f"MLflow says of {name}: {told or 'no stage is held'}", highlight=False)


def _introduce(settings: Settings, server: Server, folder: DemoFolder, console: Console) -> None:
    console.print("[bold]Sluss is up[/bold]; people are picked here, not signed in.")
    if notice := settings.files.policy.notice:
        console.print(f"[bold red]{notice}[/bold red]")
    for name, url in (
        ("chat", chat_address(settings.home, settings.public_url)),
        ("releases", f"{settings.public_url}/releases"),
        ("deliveries", f"{settings.public_url}/deliveries"),
        ("MLflow", f"{without_login(server.mlflow_url)} (ready some seconds later)"),
        ("folder", str(folder.path)),
    ):
        console.print(f"  {name:<11}{url}", highlight=False)
    console.print(STAYS if folder.is_kept else PASSES, highlight=False)


class Guide:
    """Leads a person through the story, with a hint for each state, until it is interrupted."""

    def __init__(
        self, settings: Settings, server: Server, folder: DemoFolder, console: Console
    ) -> None:
        author = next(known for known in settings.files.people if known.id == "astrid")
        self._server = server
        self._console = console
        self._folder = folder
        self._repository = DemoRepository(folder.path / LOANS, settings, author=author)
        self._pulse = Pulse(partial(console.print, highlight=False, markup=False))

    async def lead(self) -> None:
        """Begin the story, or go on where an earlier demo in this folder has ended."""
        repository = self._repository
        if not repository.folder.exists():
            self._console.print(
                "Making a model repository with two mistakes in it, and pushing it."
            )
            with repository.whole_or_gone():
                await repository.create(Kind.SUPERVISED)
                repository.change("model_variables.yml", "TEAM_NAME:", "TEAM_NAMES:")
                repository.change("src/score.py", "def evaluate(", "def evaluated(")
                await repository.commit("Start the model")
                await repository.configure()
            await repository.add_to_home("credit_risk")
            await self._folder.note(repository)
        if await self._newest() is None:
            _, told = await repository.push()
            self._console.print(told, highlight=False, markup=False)
        self._console.print("Open the chat beside this window; Ctrl-C ends the demo.")
        await self._follow()

    async def _newest(self) -> Release | None:
        return (await self._server.handle.model(self._repository.stream)).newest()

    async def _follow(self) -> None:
        seen = ("", "", "")
        while True:
            newest = await self._newest()
            if newest is not None and seen != (newest.id, newest.state, newest.stage):
                seen = (newest.id, newest.state, newest.stage)
                self._tell(newest)
                self._pulse.quiet()
            self._pulse.beat(newest)
            await asyncio.sleep(0.3)

    def _tell(self, release: Release) -> None:
        hint = NEXT.get(release.state, "")
        if release.state is State.PLACED:
            hint = IN_PROD if release.stage is Stage.PROD else IN_QA
        folder = str(self._repository.folder)
        where = hint.format(folder=folder, push=PUSH.format(folder=typed(folder)))
        self._console.print(f"{release.id}: [bold]{release.state}[/bold] {release.reason}")
        if where:
            self._console.print(f"  -> {where}", highlight=False, markup=False)
