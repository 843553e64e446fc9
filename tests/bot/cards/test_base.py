"""The card that asks for a base, and the line that every other card has from then on."""

import pytest

from core.card import Tone
from core.contributors import Contributor, Contributors, Part
from core.errors import RefusedError
from core.words import PersonId
from tests.adapters.bare_repositories.bare_world import BareWorld
from tests.bot.views import press, titles, verdict, words
from tests.bot.world import LOAN, World
from tests.core.story import ADA, BEN, EVE, Story

ROOMS = {"approvers": "approvals", "*": "general"}


@pytest.fixture
async def world(tmp_path):
    """The git repository has three commits, and the newest one was pushed and registered."""
    made = World(tmp_path, ROOMS)
    git = BareWorld(tmp_path)
    made.commits = [git.commit({"a": bytes([number])}) for number in range(3)]
    hand = Contributor(name="x", part=Part.AUTHOR, commit="5" * 40, person=PersonId("ada"))
    made.contributors = Contributors(found=(hand,))
    await made.told(Story().push(1).to_registered(), {1: made.commits[-1]})
    yield made
    await made.store.close()


async def propose(world, commit, reason="the old tool's history"):
    return await world.bot.message(ADA, f"base loan_default {commit} {reason}", "general")


async def test_the_team_proposes_and_the_approvers_are_asked(world):
    await propose(world, world.commits[0])
    asked = (await world.show_cards()).the("Count the contributors of loan from")
    assert titles(asked) == ["Agree", "Decline"]
    assert f"Commit: {world.commits[0][:12]}" in words(asked)
    assert "Why: the old tool's history" in words(asked)
    assert "approvals" in world.room.conversations()


@pytest.mark.parametrize("which", [-1, None], ids=["the newest commit", "a commit of elsewhere"])
async def test_a_base_lies_in_the_history_that_it_cuts(world, which):
    commit = "1" * 40 if which is None else world.commits[which]
    with pytest.raises(RefusedError, match="Nothing was proposed; give a commit"):
        await propose(world, commit)
    assert (await world.handle.model(LOAN)).base is None


async def test_who_gives_a_part_of_an_id_hears_that_all_of_it_is_needed(world):
    with pytest.raises(RefusedError, match="Nothing was proposed; give all of its id"):
        await propose(world, world.commits[0][:12])


async def test_from_the_agreement_on_every_card_says_so(world):
    await propose(world, world.commits[0])
    asked = (await world.show_cards()).the("Count the contributors of loan from")
    answer = await world.bot.click(press(asked, "Agree", EVE))
    assert verdict(answer).text == "Agreed by Eve"
    assert verdict(answer).tone is Tone.GOOD
    await propose(world, world.commits[1])
    release = (await world.show.face("release", "loan-1", LOAN)).card
    assert f"counted from commit {world.commits[0][:10]} on" in words(release)
    assert "proposed by Ada, agreed to by Eve" in words(release)


async def test_the_card_of_a_request_names_who_proposed_what_is_counted_from(world):
    line = f"base loan_default {world.commits[0]} the old tool's history"
    await world.bot.message(BEN, line, "general")
    asked = (await world.show_cards()).the("Count the contributors of loan from")
    await world.bot.click(press(asked, "Agree", EVE))
    form = await world.bot.message(ADA, "request loan_default QA", "general")
    said = {"purpose": "It is better.", "expected_outcome": "Fewer losses."}
    await world.bot.click(press(form, "Send request for QA", ADA, **said))
    request = (await world.show_cards()).the("Approve loan-1")
    assert "Not Ben: proposed the base that it is counted from" in words(request)


async def test_who_proposed_it_does_not_agree(world):
    await propose(world, world.commits[0])
    asked = (await world.show_cards()).the("Count the contributors of loan from")
    with pytest.raises(RefusedError, match="you proposed it"):
        await world.bot.click(press(asked, "Agree", ADA))


async def test_a_card_of_before_says_that_it_is_out_of_date(world):
    await propose(world, world.commits[0])
    old = (await world.handle.model(LOAN)).base.id
    await propose(world, world.commits[1])
    card = (await world.show.face("base", old, LOAN)).card
    assert verdict(card).text.startswith("Out of date")
    assert titles(card) == []


async def test_the_same_answer_under_another_id_is_a_repeat(world):
    await propose(world, world.commits[0])
    asked = (await world.show_cards()).the("Count the contributors of loan from")
    first = await world.bot.click(press(asked, "Agree", EVE, press_id="one"))
    version = (await world.handle.model(LOAN)).version

    assert await world.bot.click(press(asked, "Agree", EVE, press_id="two")) == first
    assert (await world.handle.model(LOAN)).version == version
    with pytest.raises(RefusedError, match="decided before"):
        await world.bot.click(press(asked, "Decline", EVE, press_id="three", comment="no"))
