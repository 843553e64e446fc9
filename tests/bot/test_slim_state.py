"""Every card says of a final release what it said while the state still held all of it."""

from pathlib import Path

import pytest

from adapters.bare_repositories.host import BareRepositories
from adapters.local_files.people import PeopleFile
from adapters.sql_store import SqlStore
from bot.bot import Sluss
from bot.ports import BotPorts
from core.events.derived import PromotionRequested
from core.handle import Handle
from core.release.fold import folded
from core.release.model import Model
from core.words import Stage, Step
from tests.bot.world import LOAN, World
from tests.core.release.test_slim import PLAIN, RICH, STORIES, TESTED, UNSIGNED
from tests.core.story import ADA, BEN, CHECKED, EVE, OUT, Story

CARDS = ("release", "acceptance", "problem")
COMMANDS = ("model status loan", "model list", "model history loan", "approvals")
MORE = {
    "a trend over a superseded release": Story()
    .push(1)
    .finish(Step.CHECK, RICH)
    .push(2)
    .finish(Step.CHECK, RICH),
    "a champion that was placed outside": Story()
    .push(1)
    .to_registered("7", UNSIGNED)
    .push(2)
    .observe(PROD="7")
    .to_registered("8", UNSIGNED)
    .request(Stage.QA),
    "a request that a push made void": Story()
    .push(1)
    .to_registered("1", UNSIGNED)
    .request(Stage.QA)
    .push(2),
    "a newer champion": Story()
    .push(1)
    .to_registered("1", UNSIGNED)
    .promoted(Stage.QA)
    .promoted(Stage.PROD)
    .push(2)
    .to_acceptance(RICH, auc=0.8),
    "branches beside it": Story()
    .push(1, branch="one")
    .report(PLAIN, TESTED, waiting=("slow",))
    .push(2, branch="one")
    .finish(Step.CHECK, CHECKED)
    .delete_branch(3, branch="one"),
}
STORIES_BY_NAME = {**{f"story {number}": story for number, story in enumerate(STORIES)}, **MORE}


class StoreOfBefore(SqlStore):
    """As the state was before: folded from all events, with everything in it."""

    async def state(self, stream):
        return folded(Model(stream=stream), (entry.event for entry in await self.load(stream)))


class WorldOfBefore:
    """The same ledger, read in the way of before."""

    def __init__(self, folder: Path, world: World) -> None:
        self.store = StoreOfBefore(f"sqlite:///{folder / 'store.db'}")
        handle = Handle(
            self.store, platform=lambda: world.platform, policy=world.policy, clock=world.clock,
            is_local=False,
        )  # fmt: skip
        ports = BotPorts(
            handle=handle, store=self.store, git=BareRepositories({"r1": world.git_folder}.get),
            directory=PeopleFile((ADA, BEN, EVE, OUT)), page_url="http://127.0.0.1:8300/",
        )  # fmt: skip
        self.bot = Sluss(ports)


@pytest.fixture
async def before(tmp_path, world):
    made = WorldOfBefore(tmp_path, world)
    yield made
    await made.store.close()


@pytest.mark.parametrize("name", STORIES_BY_NAME)
async def test_every_card_is_as_it_was(world, before, name):
    model = await world.told(STORIES_BY_NAME[name])
    approvals = await world.store.load(LOAN, kinds=[PromotionRequested])
    cards = [(card, release) for release in model.releases for card in CARDS]
    cards += [("approval", entry.event.approval) for entry in approvals]

    for card, subject in cards:
        now = await world.show.face(card, subject, LOAN)
        assert now == await before.bot.show.face(card, subject, LOAN)


@pytest.mark.parametrize("name", MORE)
async def test_every_command_answers_as_it_did(world, before, name):
    model = await world.told(STORIES_BY_NAME[name])

    for line in (*COMMANDS, *(f"release {release}" for release in model.releases)):
        now = await world.bot.message(ADA, line, "credit room")
        assert now == await before.bot.message(ADA, line, "credit room")


async def test_the_state_is_really_slim(world):
    model = await world.told(Story().push(1).finish(Step.CHECK, RICH).push(2))

    assert not any(check.findings for check in model.releases["loan-1"].checks)
    shown = str((await world.show.face("release", "loan-1", LOAN)).card)
    assert "add README.md" in shown


async def test_a_request_in_a_long_story_leaves_the_rest_of_it_packed(tmp_path):
    """A look at ten thousand releases would hold up the event loop, and everything in it."""
    story = Story()
    for number in range(1, 30):
        story.push(number)
    world, later = World(tmp_path), World(tmp_path)
    await world.told(story.to_registered("1", UNSIGNED).request(Stage.QA))
    model = await later.handle.model(LOAN)
    [live] = model.live()

    face = await later.show.face("approval", live.open_promotion().approval, LOAN)

    assert face.card.summary.startswith("Approve")
    assert sum(isinstance(found, bytes) for found in model.releases._found.values()) == 28
    await world.store.close()
    await later.store.close()
