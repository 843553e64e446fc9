"""The story for a person: a repository, a first push, and what to do next at every state."""

import asyncio
from pathlib import Path
from typing import Final

from rich.console import Console

from core.release.release import Release
from core.release.state import State
from core.words import Stage
from sluss.demo.repository import DemoRepository
from sluss.home.settings import Settings
from sluss.templates.model_repository import Kind
from sluss.wiring.server import Server

NEXT: Final = {
    State.BLOCKED: "The card lists what to mend. Mend it in {folder}, then: git commit -am Mend && "
    "git push",
    State.AWAITING_ACCEPTANCE: "In the chat, as Astrid or Bo: press Accept.",
    State.REGISTERED: "In the chat, as Astrid: press Request QA and say why.",
    State.AWAITING_APPROVAL: "Press Approve as Astrid: it is refused. As Bo or Carin it is not.",
    State.FAILED: "The card says what failed. Retry it, or mend it and push again.",
}
IN_QA: Final = "It serves QA. In the chat, as Astrid: press Request PROD."
IN_PROD: Final = (
    "It is in production. Change something in {folder} and push again, or press Ctrl-C."
)


class Guide:
    """Runs until it is interrupted."""

    def __init__(self, settings: Settings, server: Server, folder: Path, console: Console) -> None:
        author = next(known for known in settings.files.people if known.id == "astrid")
        self._server = server
        self._console = console
        self._repository = DemoRepository(folder / "loan_default", settings, author=author)

    async def lead(self) -> None:
        repository = self._repository
        if not repository.folder.exists():
            await repository.create(Kind.SUPERVISED)
            repository.change("model_variables.yml", "TEAM_NAME:", "TEAM_NAMES:")
            repository.change("src/score.py", "def evaluate(", "def evaluated(")
            await repository.bring_on_board("credit_risk")
            await repository.configure()
            _, told = await repository.push()
            self._console.print(told, highlight=False, markup=False)
        self._console.print("Open the chat beside this window; Ctrl-C ends the demo.")
        await self._follow()

    async def _follow(self) -> None:
        seen = ("", "", "")
        while True:
            newest = (await self._server.handle.model(self._repository.stream)).newest()
            if newest is not None and seen != (newest.id, newest.state, newest.stage):
                seen = (newest.id, newest.state, newest.stage)
                self._tell(newest)
            await asyncio.sleep(0.3)

    def _tell(self, release: Release) -> None:
        hint = NEXT.get(release.state, "")
        if release.state is State.PLACED:
            hint = IN_PROD if release.stage is Stage.PROD else IN_QA
        where = hint.format(folder=self._repository.folder)
        self._console.print(f"{release.id}: [bold]{release.state}[/bold] {release.reason}")
        if where:
            self._console.print(f"  -> {where}", highlight=False)
