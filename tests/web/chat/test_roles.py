"""Who can do what in the window, and what waits for whom, is read from people, policy and platform."""

import aiohttp
import msgspec
import pytest

from adapters.local_files.people import example_people
from adapters.teams.adaptive_cards import encode
from core.people import Person
from core.policy import Policy
from core.words import PersonId, Stage
from tests.bot.views import NAMED
from tests.bot.world import World
from tests.core.story import ADA, BEN, EVE, OUT, Story
from tests.web.chat.serving import a_chat
from tests.web.chat.window import a_window
from web.chat import Roles

POLICY = Policy(
    approvers={"QA": ("approvers",), "PROD": ("approvers", "risk")}, platform_team=("gbi_platform",)
)
LEFT = Person(id=PersonId("dora"), name="Dora Hall", is_active=False)


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path, is_local=True, policy=POLICY)
    yield made
    await made.store.close()


async def test_it_says_what_everybody_can_do(world):
    [loan, *others] = world.platform.repositories
    team = msgspec.structs.replace(loan, team="credit_risk")
    world.platform = msgspec.structs.replace(world.platform, repositories=(team, *others))
    auditor = Person(id=PersonId("rita"), name="Rita", groups=frozenset({"risk", "retail"}))
    nobody = Person(id=PersonId("nils"), name="Nils")
    roles = Roles(world.handle)

    assert {one.id: roles.does(one) for one in (*example_people(), auditor, nobody)} == {
        "astrid": "accepts and requests for credit_risk",
        "bo": "accepts and requests for credit_risk, approves QA and PROD",
        "carin": "approves QA and PROD",
        "dag": "platform team",
        "eva": "looks on (auditors)",
        "filip": "looks on (market_risk)",
        "rita": "accepts and requests for retail, approves PROD",
        "nils": "looks on",
    }


async def test_an_approval_waits_for_those_alone_who_may_give_it(world):
    await world.told(Story(is_local=True).push(1).to_registered("1", NAMED).request(Stage.QA))
    room = await world.show_cards()
    roles = Roles(world.handle)
    card = encode(room.the("Approve loan-1 (loan_default version 1) for QA?"))
    approval = (await world.release()).open_promotion().approval
    gone = msgspec.structs.replace(EVE, is_active=False)

    waits = {one.name: await roles.waits_for(one, card) for one in (ADA, BEN, EVE, OUT)}
    assert waits["Eve"] == approval
    assert waits["Ada"] == waits[OUT.name] == await roles.waits_for(gone, card) == ""
    for none in (None, {}, {"actions": [{"data": "x"}, {"data": {"release": "loan-1"}}]}):
        assert await roles.waits_for(EVE, none) == ""
    elsewhere = {"actions": [{"data": {"release": "gone-1", "approval": "a"}}]}
    assert await roles.waits_for(EVE, elsewhere) == ""
    released = {"actions": [{"data": {"release": "loan-1", "approval": "old"}}]}
    assert await roles.waits_for(EVE, released) == ""


async def test_nobody_can_be_somebody_whose_account_is_disabled(tmp_path):
    async with a_chat(tmp_path, people=(EVE, LEFT)) as run, aiohttp.ClientSession() as session:
        async with session.get(f"{run.url}/chat/people") as answer:
            assert [one["name"] for one in await answer.json()] == ["Eve"]
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with a_window(run, "dora"):
                pass
        async with a_window(run, "eve") as eve:
            state = await eve.told("state")
    assert [(one["name"], one["is_active"]) for one in state["people"]] == [
        ("Eve", True),
        ("Dora Hall", False),
    ]
