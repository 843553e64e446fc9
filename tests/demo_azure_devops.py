"""The demo's seven scenes against Azure DevOps: `make demo_azure_devops`.

The organisation is played by a peer on this machine: people push with real git over http, its service
hooks deliver, and Sluss reads commits and writes statuses by the real SDK.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from adapters.mlflow.command import free_port
from core.command_line import typed
from core.people import Person
from core.platform import Repository
from core.words import Stream
from sluss.demo.folder import HOME, DemoFolder
from sluss.demo.repository import DemoRepository
from sluss.demo.run import conclude
from sluss.demo.script import Story, StoryError
from sluss.home.environment import tool_environment
from sluss.home.platform_file import append
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.wiring.server import Server
from tests.peers.azure_devops import AzureDevOpsPeer, person
from tests.peers.azure_devops.hooks import Hooks
from tests.peers.azure_devops.statuses import statuses_of

TOKEN = "token-of-astrid"


class HostedRepository(DemoRepository):
    """A repository of the demo that is pushed to a project of the organisation, as the author."""

    def __init__(self, folder: Path, organisation: "Organisation", author: Person) -> None:
        super().__init__(folder, organisation.settings, author=author)
        self._organisation = organisation

    async def add_to_home(self, team: str) -> None:
        """Make an empty one, name it in platform.yml, and let its pushes come by service hooks."""
        project = self._organisation.project
        made = await asyncio.to_thread(project.repository, self.folder.name)
        append(
            self._settings.home,
            Repository(id=made.id.upper(), name=Stream(self.folder.name), team=team),
        )
        url = f"{self._settings.azure_devops}/{project.name}/_git/{made.name}"
        await self._git("remote", "add", "origin", url)
        await self._organisation.sluss("hooks", "install")

    async def _git(self, verb: str, *words: str, **given: str) -> str:
        login = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{self._settings.azure_devops}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Bearer {TOKEN}",
        }
        return await super()._git(verb, *words, **given, **login)


class Organisation:
    """Azure DevOps with one project, and the settings of a Sluss that is connected to it."""

    def __init__(self, devops: AzureDevOpsPeer, home: Path, console: Console) -> None:
        Hooks.of(devops).takes_loopback = True
        self._devops = devops
        self._console = console
        self.project = devops.project("lending")
        self.settings = load(home, self._environment(str(free_port())))

    def join(self, somebody: Person) -> None:
        self._devops.join(person(somebody.name, somebody.emails[0]), token=TOKEN)

    async def sluss(self, *words: str) -> str:
        """Run a command as an operator does. Raise StoryError when it fails."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sluss", *words, "--home", str(self.settings.home)),
            env=self._environment(str(self.settings.port)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        said = output.decode(errors="replace").strip()
        for line in said.splitlines():
            self._console.print(f"  {line}", markup=False, highlight=False)
        if process.returncode:
            raise StoryError(f"{typed('sluss', *words)} failed.")
        return said

    def say_statuses(self) -> None:
        """Say what the pages of Azure DevOps show at the last commit of each push."""
        for repository in self.project.repositories:
            for push in repository.pushes:
                for status in statuses_of(repository, push.commits[0])[-1:]:
                    at = f"{repository.name} {push.commits[0][:10]}"
                    words = f"{at}: {status.genre}/{status.name} {status.state}"
                    self._console.print(f"{words}, {status.description}", markup=False)

    def _environment(self, port: str) -> dict[str, str]:
        return {
            **tool_environment(os.environ),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "SLUSS_PORT": port,
            "SLUSS_AZURE_DEVOPS": self._devops.address,
            "SLUSS_SECRET_AZURE_DEVOPS_TOKEN": self._devops.token,
        }


class HostedStory(Story):
    """The same scenes, with code that is at Azure DevOps."""

    def __init__(self, organisation: Organisation, *more) -> None:
        self._organisation = organisation
        super().__init__(organisation.settings, *more)

    def _repository(self, folder: Path) -> DemoRepository:
        return HostedRepository(folder, self._organisation, self.author)


async def tell(folder: DemoFolder, console: Console) -> None:
    """Play all scenes. Raise StoryError where the story does not hold."""
    prepare_home(folder.path / HOME)
    async with AzureDevOpsPeer(folder.path) as devops:
        organisation = Organisation(devops, folder.path / HOME, console)
        async with Server(organisation.settings, is_passing=True) as server:
            console.print(f"Azure DevOps is played at {devops.address}.", highlight=False)
            story = HostedStory(organisation, server, folder.path, console)
            organisation.join(story.author)
            await server.until(told(story, organisation, server, folder, console))


async def told(
    story: Story,
    organisation: Organisation,
    server: Server,
    folder: DemoFolder,
    console: Console,
) -> None:
    await story.tell()
    await conclude(server, folder, console)
    organisation.say_statuses()
    said = await organisation.sluss("hooks", "report")
    if "missing: 0" not in said:
        raise StoryError("The report of the service hooks says that something is missing.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="tell it in this folder, and keep it")
    keep = parser.parse_args().keep
    console = Console(soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="sluss-demo-") as passing:
        try:
            asyncio.run(tell(DemoFolder(keep or Path(passing), is_kept=bool(keep)), console))
        except StoryError as error:
            console.print(str(error), style="red", markup=False)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
