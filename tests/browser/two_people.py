"""What the story's test is told with: `sluss up`, a model repository, two people's windows."""

import asyncio
import contextlib

from core.release.state import State
from core.words import Stage
from sluss.demo.repository import DemoRepository
from sluss.home.chat_token import chat_token
from sluss.templates.model_repository import Kind
from tests.story.onlooker import looking
from tests.story.up import Up, made_home

MODEL = "loan_rules"
LONG_MS = 400_000  # an environment is built meanwhile, on a busy machine


class World:
    """A running server, looked at from outside, and the repository that Astrid pushes from."""

    def __init__(self, up, onlooker, folder):
        self.url = up.url
        self._home = up.home
        self._onlooker = onlooker
        people = up.settings.files.people
        author = next(person for person in people if person.id == "astrid")
        self._repository = DemoRepository(folder / MODEL, up.settings, author=author)

    def chat(self, person, room="general"):
        """The address as `sluss up` prints it, for one person in one room."""
        return f"{self.url}/chat/?token={chat_token(self._home)}&as={person}#{room}"

    async def begin(self):
        """A first commit with two mistakes in it."""
        await self._repository.create(Kind.RULEBASED)
        change = self._repository.change
        self._right = {
            "model_variables.yml": change("model_variables.yml", "TEAM_NAME:", "TEAM_NAMES:"),
            "src/score.py": change("src/score.py", "def evaluate(", "def evaluated("),
        }
        await self._repository.bring_on_board("credit_risk")

    async def mend(self):
        for path, text in self._right.items():
            self._repository.write(path, text)
        await self._repository.commit("Mend the team's name and evaluate()")

    async def push(self):
        release, _ = await self._repository.push()
        return release

    async def is_in_production(self):
        newest = (await self._onlooker.model(self._repository.stream)).newest()
        return newest.state is State.PLACED and newest.stage is Stage.PROD


@contextlib.asynccontextmanager
async def a_world(folder, environments):
    up = Up(made_home(folder / "home", environments))
    try:
        await asyncio.to_thread(up.start)
        async with looking(up) as onlooker:
            yield World(up, onlooker, folder)
    finally:
        await asyncio.to_thread(up.end)


class Window:
    """The chat as one person has it open."""

    def __init__(self, page):
        self.page = page

    async def go(self, room):
        await self.page.locator("#rooms").get_by_text(room, exact=True).click()
        await self.page.locator("#title").get_by_text(room, exact=True).wait_for()

    def card(self, title):
        """The message whose card has this title; there must be one."""
        heading = self.page.get_by_text(title, exact=True)
        return self.page.locator("article.said").filter(has=heading)

    async def sees(self, title, *words):
        for text in words:
            await self.card(title).get_by_text(text).first.wait_for(timeout=LONG_MS)

    def button(self, title, name):
        return self.card(title).get_by_role("button", name=name, exact=True)

    async def press(self, title, name):
        await self.button(title, name).click()

    async def fill(self, title, **fields):
        for label, text in fields.items():
            await self.card(title).get_by_label(label.replace("_", " ")).fill(text)

    async def refused(self, title):
        """What a refused press says under its card."""
        alert = self.card(title).get_by_role("alert")
        await alert.wait_for()
        return await alert.inner_text()

    async def identity(self, title):
        """The activity behind a card: an update in place keeps it."""
        return await self.card(title).get_attribute("data-id")

    async def is_in_sight(self, title, name):
        """Whether a card's title and one of its buttons are on the screen at once."""
        log = await self.page.locator("#log").bounding_box()
        top = await self.page.get_by_text(title, exact=True).bounding_box()
        foot = await self.button(title, name).bounding_box()
        return log["y"] <= top["y"] and foot["y"] + foot["height"] <= log["y"] + log["height"]
