"""Cards are level-triggered: whichever job comes, the newest state is shown, once."""

import asyncio

import pytest

from bot.deliver import Deliver
from core.card import Card
from core.chats import Chats
from core.errors import SettingsError, UnavailableError, UnknownNameError
from core.jobs import ShowCard
from core.platform import Platform
from core.words import Stage, Step
from tests.adapters.bare_repositories.bare_world import BareWorld
from tests.adapters.shown_cards import shown_cards
from tests.bot.views import NAMED, titles, verdict, words
from tests.bot.world import LOAN, Room, World
from tests.core.story import EVE, Story


def show_release(version: int = 1) -> ShowCard:
    return ShowCard(
        id=f"card/release/loan-1/{version}", stream=LOAN, card="release", subject="loan-1"
    )


async def test_the_first_card_is_posted_in_the_room_of_the_team(world):
    await world.told(Story().push(1))

    room = await world.show_cards()

    assert room.conversations() == ["credit room"]
    assert verdict(room.the("loan-1")).text == "Checking since 2026-01-05 09:00 UTC"


async def test_what_follows_is_updated_in_place(world):
    story = Story().push(1)
    await world.told(story)
    await world.show_cards()
    await world.told(story.finish(Step.CHECK, NAMED))

    room = await world.show_cards()

    assert (room.posts, room.updates) == (1, 1)
    assert verdict(room.the("loan-1 (loan_default)")).text.startswith("Training since")


async def test_a_burst_is_shown_once(world):
    await world.told(Story().push(1).to_registered("1", NAMED))
    jobs = [job for job in await world.jobs() if job.card == "release"]

    for job in jobs:
        await world.deliver(job)

    assert len(jobs) > 3
    assert (world.room.posts, world.room.updates) == (1, 0)
    assert verdict(world.room.the("loan-1")).text == "Version 1 is registered"


async def test_two_deliverers_at_once_post_one_card(world):
    await world.told(Story().push(1))

    answers = await asyncio.gather(
        world.deliver(show_release()), world.deliver(show_release()), return_exceptions=True
    )

    assert world.room.posts == 1
    late = [answer for answer in answers if answer is not None]
    assert all(isinstance(answer, UnavailableError) for answer in late)


async def test_a_lease_of_another_worker_is_waited_for(world):
    await world.told(Story().push(1))
    await world.store.lease_card("release/loan-1", "another worker", 60)

    with pytest.raises(UnavailableError) as error:
        await world.deliver(show_release())

    assert error.value.retry_after_s == 1
    assert world.room.posts == 0


async def test_a_state_that_moves_while_the_card_is_posted_is_shown_too(tmp_path):
    story = Story().push(1)

    class SlowRoom(Room):
        async def post(self, conversation: str, card: Card) -> str:
            await world.told(story.finish(Step.CHECK, NAMED))
            return await super().post(conversation, card)

    world = World(tmp_path)
    await world.told(story)
    world.room = SlowRoom()
    world.deliver = Deliver(world.show, world.room)

    await world.deliver(show_release())

    assert (world.room.posts, world.room.updates) == (1, 1)
    assert verdict(world.room.the("loan-1")).text.startswith("Training since")
    await world.store.close()


async def test_a_card_that_is_gone_is_posted_anew(world):
    story = Story().push(1)
    await world.told(story)
    await world.show_cards()
    world.room.cards.clear()
    await world.told(story.finish(Step.CHECK, NAMED))

    await world.show_cards()

    assert world.room.posts == 2
    kept = await shown_cards(world.store, "release/")
    assert kept[0].activity == "activity-2"


async def test_a_chat_that_is_down_leaves_the_card_free_for_the_next_try(world):
    await world.told(Story().push(1))
    world.room.is_down = True
    with pytest.raises(UnavailableError, match="chat does not answer"):
        await world.deliver(show_release())
    world.room.is_down = False

    await world.deliver(show_release())

    assert world.room.posts == 1


async def test_the_approval_card_goes_to_the_team_unless_the_approvers_have_a_room(world):
    await world.told(Story().push(1).to_registered("1", NAMED).request(Stage.QA))

    await world.show_cards()

    assert set(world.room.conversations()) == {"credit room"}


async def test_the_approvers_meet_in_their_own_room(tmp_path):
    world = World(tmp_path, {"credit": "credit room", "Approvers": "approvals"})
    await world.told(Story().push(1).to_registered("1", NAMED).request(Stage.QA))

    await world.show_cards()

    shown = {card.summary: conversation for conversation, card in world.room.cards.values()}
    assert shown["Approve loan-1 (loan_default version 1) for QA?"] == "approvals"
    assert list(shown.values()).count("credit room") == 2
    await world.store.close()


@pytest.mark.parametrize(
    ("readers", "room"),
    [
        (("platform",), "operations"),
        (("PLATFORM", "credit"), "operations"),
        (("auditors", "credit"), "credit room"),
        (("auditors",), "general"),
        ((), "general"),
    ],
)
def test_a_card_goes_where_the_first_of_its_readers_meets(readers, room):
    rooms = {"*": "general", "Platform": "operations", "credit": "credit room"}

    assert Platform(conversations=rooms).conversation(*readers) == room


async def test_each_card_is_posted_and_updated_on_the_surface_of_its_room(tmp_path):
    world = World(tmp_path, {"credit": "credit room", "Approvers": "slack:approvals"})
    slack = Room()
    chats = Chats({"teams": world.room, "slack": slack}, default="teams")
    world.deliver = Deliver(world.show, chats)
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA)
    await world.told(story)
    await world.show_cards()
    await world.told(story.approve(EVE))
    await world.show_cards()

    assert slack.conversations() == ["approvals"]
    assert slack.updates == 1
    assert set(world.room.conversations()) == {"credit room"}
    kept = await shown_cards(world.store, "approval/")
    assert [shown.conversation for shown in kept] == ["slack:approvals"]
    await world.store.close()


async def test_a_room_on_a_surface_that_nobody_serves_is_an_error_and_no_card(tmp_path):
    world = World(tmp_path, {"credit": "slack:credit"})
    await world.told(Story().push(1))

    with pytest.raises(SettingsError, match=r"'slack:credit' is on 'slack'"):
        await world.deliver(show_release())
    assert world.room.posts == 0
    await world.store.close()


async def test_an_approval_card_tells_the_commits_of_the_git_host(world, tmp_path):
    bare = BareWorld(tmp_path)
    commits = {1: bare.commit({"src/train.py": b"1"}), 2: bare.commit({"src/train.py": b"2"})}
    story = Story().push(1).to_registered("1", NAMED).promoted(Stage.QA).promoted(Stage.PROD)
    story.push(2).to_registered("2", NAMED).request(Stage.QA)
    await world.told(story, commits)

    room = await world.show_cards()

    shown = words(room.the("Approve loan-2 (loan_default version 2) for QA?"))
    assert "1 commit by Astrid Lund · 1 file" in shown
    assert f"{commits[2][:8]} Change (Astrid Lund)" in shown


async def test_a_git_host_that_was_asked_once_is_not_needed_again(world, tmp_path):
    bare = BareWorld(tmp_path)
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA)
    await world.told(story, {1: bare.commit({"README.md": b"1"})})
    await world.show_cards()
    world.git_folder.rename(tmp_path / "moved.git")
    await world.told(story.approve(EVE, yes=False, comment="not now"))

    room = await world.show_cards()

    assert "Change (Astrid Lund)" in words(
        room.the("loan-1 (loan_default version 1): Rejected by Eve")
    )


@pytest.mark.parametrize("is_down", [True, False], ids=["host down", "commit gone"])
async def test_a_git_host_without_an_answer_loses_no_card(world, tmp_path, is_down):
    if not is_down:
        BareWorld(tmp_path).commit({"README.md": b"1"})
    await world.told(Story().push(1).to_registered("1", NAMED).request(Stage.QA))

    card = (await world.show_cards()).the("Approve loan-1 (loan_default version 1) for QA?")

    said = "does not answer" if is_down else "no longer in the repository"
    assert said in words(card)
    assert titles(card) == ["Approve loan-1 for QA", "Reject"]


async def test_the_approval_card_names_who_may_decide(world):
    await world.told(Story().push(1).to_registered("1", NAMED).request(Stage.QA))

    shown = words((await world.show_cards()).the("Approve loan-1"))

    assert "They are: Ben, Eve" in shown
    assert "Not Ada: asked for QA" in shown


async def test_a_decided_card_keeps_its_decision_when_the_stage_is_asked_for_anew(world):
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA)
    await world.told(story)
    await world.show_cards()
    story.approve(EVE, yes=False, comment="not now").request(Stage.QA)
    await world.told(story)

    room = await world.show_cards()

    assert "Why: not now" in words(room.the("loan-1 (loan_default version 1): Rejected by Eve"))
    assert titles(room.the("Approve loan-1 (loan_default version 1) for QA?"))


async def test_a_change_outside_of_a_release_gets_a_card(world):
    story = Story().push(1).to_registered("1", NAMED)
    await world.told(story.observe(QA="", PROD="7"))

    room = await world.show_cards()

    card = room.the("loan_default: PROD was changed outside of a release")
    assert "Found: version 7 (made by no release)" in words(card)


async def test_a_repository_of_no_team_speaks_to_everybody(world):
    await world.told(Story().push(1))
    world.platform = Platform(repositories=(), conversations={"*": "general"})

    await world.deliver(show_release())

    assert world.room.conversations() == ["general"]


@pytest.mark.parametrize(
    ("card", "subject"),
    [("release", "loan-9"), ("approval", "none"), ("registry", "loan/none"), ("poster", "x")],
)
async def test_what_there_is_no_card_of_is_an_error(world, card, subject):
    await world.told(Story().push(1))

    with pytest.raises(UnknownNameError):
        await world.deliver(ShowCard(id="card/x", stream=LOAN, card=card, subject=subject))
