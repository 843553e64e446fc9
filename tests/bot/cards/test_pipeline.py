"""The card of a pipeline that waits: what it brings, who may decide, and what became of it."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from adapters.teams.adaptive_cards import LARGEST, encode, size
from core.card import Tone
from core.checkpoint import PIPELINE_CARD, CheckpointState
from core.contributors import Contributors
from core.desk import KEPT_CLOSED
from core.errors import RefusedError, UnknownNameError
from core.events.derived import DecisionRefused
from core.events.desk import CheckpointDecided
from core.events.workers import AnswerDelayed, CheckpointSeen
from core.jobs import AnswerCheckpoint
from core.policy import Policy
from core.words import PLATFORM
from tests.adapters.teams.cards import problem as schema_problem
from tests.bot.views import press, titles, verdict, words
from tests.bot.world import NOW, World
from tests.core.pipeline_story import RULES, RUN, PipelineStory, hands
from tests.core.story import ADA, BEN, EVE, OUT
from tests.origins import happens

ROOMS = {"approvers": "approvers room", "platform": "gbi room", "*": "general"}
NAME = f"approval/{RUN.project}/a1"


def seen(state=CheckpointState.PENDING, run=RUN, name="a1", contributors=None, **fields):
    story = PipelineStory()
    story.contributors = contributors or hands("ada")
    event = story.seen(run, state, name, **fields).events[0]
    about = f"{event.seen.id}/{state}/{fields}/{run.environment}/{contributors}"
    of_now = msgspec.structs.replace(event.seen, since=NOW)
    return msgspec.structs.replace(event, id=f"seen/{about}", time=NOW, seen=of_now)


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path, ROOMS, policy=Policy(pipelines=RULES))
    made.contributors = hands("ada")
    yield made
    await made.store.close()


async def the_card(world, *events):
    for event in events or (seen(),):
        await happens(world.handle, event)
    await world.show_cards()
    return (await world.show.face(PIPELINE_CARD, NAME, PLATFORM)).card


async def kinds(world):
    return [type(entry.event) for entry in await world.store.load(PLATFORM)]


async def test_it_says_what_waits_where_and_what_it_brings(world):
    card = await the_card(world, seen(until=NOW + timedelta(days=1)))
    shown = words(card)
    assert card.summary == "Let deploy churn use production?"
    assert verdict(card).text == "Waits since 2026-01-05 09:00 UTC"
    for line in (
        "Project: lending", "Environment: production", "Run: 20261201.3 of deploy churn",
        "Stage: deploy", "Commit: bbbbbbbb on main of churn", "Started by: Ada",
        "Time limit: 2026-01-06 09:00 UTC", "1 commit in all.", "Ada: wrote commit bbbbbbbbbb",
        "Members of: approvers", "They are: Ben, Eve",
    ):  # fmt: skip
        assert line in shown
    assert titles(card) == ["Approve", "Reject"]
    assert [link.url for link in card.links] == [RUN.link]


@pytest.mark.parametrize(
    ("rooms", "run", "room"),
    [
        (ROOMS, RUN, "approvers room"),
        ({"platform": "gbi room", "*": "general"}, RUN, "gbi room"),
        (ROOMS, msgspec.structs.replace(RUN, environment="test"), "gbi room"),
        ({"*": "general"}, msgspec.structs.replace(RUN, environment="test"), "general"),
    ],
)
async def test_it_goes_to_those_who_decide_else_to_the_platform_team(tmp_path, rooms, run, room):
    world = World(tmp_path, rooms, policy=Policy(pipelines=RULES))
    await the_card(world, seen(run=run))
    assert world.room.conversations() == [room]
    await world.store.close()


async def test_approve_is_pressed_once_and_the_card_says_who(world):
    card = await the_card(world)
    click = press(card, "Approve", EVE, comment="looked at it")
    answer = await world.bot.click(click)
    again = await world.bot.click(click)  # the surface sends the same press twice
    assert (
        verdict(answer).text == verdict(again).text == "Approved by Eve: Azure DevOps is being told"
    )
    assert titles(answer) == []
    assert "Why: looked at it" in words(answer)
    jobs = await world.store.unsent(100)
    assert [job.checkpoint for job in jobs if isinstance(job, AnswerCheckpoint)] == [NAME]


async def test_a_rejection_needs_a_reason(world):
    card = await the_card(world)
    with pytest.raises(RefusedError, match="A rejection needs a reason"):
        await world.bot.click(press(card, "Reject", EVE, comment=" "))
    answer = await world.bot.click(press(card, "Reject", EVE, press_id="2", comment="too early"))
    assert verdict(answer).text == "Rejected by Eve: Azure DevOps is being told"


async def test_two_people_at_once_decide_it_once_and_the_old_card_says_who_was_first(world):
    card = await the_card(world)
    presses = (
        press(card, "Approve", EVE, comment="yes"),
        press(card, "Reject", BEN, press_id="2", comment="no"),
    )
    answers = await asyncio.gather(*map(world.bot.click, presses), return_exceptions=True)
    [refused] = [each for each in answers if isinstance(each, RefusedError)]
    assert "This was decided before" in str(refused)
    assert titles(refused.newest) == []
    assert (await kinds(world)).count(CheckpointDecided) == 1


async def test_whoever_may_not_hears_why_and_the_attempt_is_kept(world):
    card = await the_card(world)
    with pytest.raises(RefusedError, match=r"in no group.*A member of approvers can"):
        await world.bot.click(press(card, "Approve", OUT, comment="x"))
    world.contributors = hands("eve")
    with pytest.raises(RefusedError, match="you wrote commit bbbbbbbbbb"):
        await world.bot.click(press(card, "Approve", EVE, press_id="2", comment="x"))
    assert DecisionRefused in await kinds(world)


async def test_who_had_a_hand_is_counted_anew_when_it_is_decided(world):
    card = await the_card(world)
    assert "They are: Ben, Eve" in words(card)
    world.contributors = hands("ada", unknown=("x@elsewhere.example",))
    with pytest.raises(RefusedError, match="Nobody knows who x@elsewhere"):
        await world.bot.click(press(card, "Approve", EVE, comment="x"))


async def test_without_a_rule_it_only_shows_and_links(world):
    card = await the_card(world, seen(run=msgspec.structs.replace(RUN, environment="test")))
    assert titles(card) == []
    assert card.summary == "deploy churn waits for test"
    assert "policy.yml has no rule for the environment 'test'" in words(card)
    assert [link.title for link in card.links] == ["Run in Azure DevOps"]


async def test_a_run_with_an_unknown_hand_can_only_be_rejected(world):
    card = await the_card(world, seen(contributors=hands("ada", unknown=("x@elsewhere.example",))))
    assert titles(card) == ["Reject"]
    assert "Nobody knows who x@elsewhere.example is" in words(card)


async def test_what_could_not_be_counted_says_so(world):
    uncounted = msgspec.structs.replace(seen(), contributors=None)
    assert "Nobody has been counted yet" in words(await the_card(world, uncounted))


@pytest.mark.parametrize(
    ("state", "says", "tone"),
    [
        ("approved", "Approved in Azure DevOps by Stig", Tone.GOOD),
        ("rejected", "Rejected in Azure DevOps by Stig", Tone.BAD),
        ("bypassed", "Bypassed in Azure DevOps by an administrator", Tone.WARN),
        ("cancelled", "The run was cancelled: nothing waits any more", Tone.SUBTLE),
        ("timed out", "The time limit has passed: nothing waits any more", Tone.SUBTLE),
        ("gone", "Azure DevOps does not show it any more", Tone.SUBTLE),
    ],
)
async def test_it_says_what_became_of_it_elsewhere(world, state, says, tone):
    card = await the_card(world, seen(), seen(CheckpointState(state), closed_by="Stig"))
    assert (verdict(card).text, verdict(card).tone) == (says, tone)
    assert titles(card) == []
    assert world.room.posts == 1


async def test_it_says_what_became_of_what_was_decided_here(world):
    await world.bot.click(press(await the_card(world), "Approve", EVE, comment="yes"))
    waits = await the_card(world, seen(our_answer=True))
    assert verdict(waits).text == "Approved by Eve. Azure DevOps waits for others as well"
    done = await the_card(world, seen(CheckpointState.APPROVED, our_answer=True))
    assert (verdict(done).text, verdict(done).tone) == ("Approved by Eve", Tone.GOOD)
    assert "Decided by: Eve, 2026-01-05 09:00 UTC" in words(done)


async def test_a_decision_that_came_too_late_says_that_it_was_not_sent(world):
    await world.bot.click(press(await the_card(world), "Approve", EVE, comment="yes"))
    card = await the_card(world, seen(CheckpointState.REJECTED, closed_by="Stig"))
    assert verdict(card).text == "Rejected in Azure DevOps by Stig"
    assert "Eve approved it here, and that was not sent" in words(card)


async def test_it_says_why_the_host_has_no_answer_yet(world):
    await world.bot.click(press(await the_card(world), "Approve", EVE, comment="yes"))
    delayed = AnswerDelayed(id="d", time=NOW, checkpoint=NAME, problem="The right is missing.")
    assert "The right is missing." in words(await the_card(world, delayed))


async def test_a_card_of_before_the_run_changed_decides_nothing_about_the_new_one(world):
    card = await the_card(world)
    other = msgspec.structs.replace(RUN, environment="test")
    await the_card(world, seen(run=other))
    with pytest.raises(RefusedError, match="has no rule for the environment 'test'"):
        await world.bot.click(press(card, "Approve", EVE, comment="x"))


async def test_what_the_desk_has_let_go_is_read_from_the_ledger(world):
    await world.bot.click(press(await the_card(world), "Approve", EVE, comment="yes"))
    await the_card(world, seen(CheckpointState.APPROVED, our_answer=True))
    for number in range(KEPT_CLOSED + 1):
        late = seen(CheckpointState.CANCELLED, name=f"b{number}")
        await happens(world.handle, msgspec.structs.replace(late, time=NOW + timedelta(hours=1)))
    assert NAME not in (await world.store.desk()).checkpoints
    assert verdict((await world.show.face(PIPELINE_CARD, NAME, PLATFORM)).card).text == (
        "Approved by Eve"
    )


HOSTILE = msgspec.structs.replace(
    RUN, pipeline_name="**deploy** [x](http://evil) <at>all</at> " + "y" * 200,
    run_name="# 1\n- 2", stage="`s`", branch="../../etc", started_by_name="<script>",
    repository_name="{{DATE(2026-01-01T00:00:00Z)}}",
)  # fmt: skip


async def test_hostile_names_are_shown_as_they_are_and_cut(world):
    card = await the_card(world, seen(run=HOSTILE))
    assert len(card.summary) < 150
    encoded = encode(card)
    assert schema_problem(encoded) == ""
    text = msgspec.json.encode(encoded["body"]).decode()
    assert "[x](http://evil)" not in text
    assert "{{DATE(2026-01-01" not in text
    assert text.count("<at>") == text.count("\\\\<at>") > 0


async def test_a_long_one_is_small_enough_for_teams(world):
    many = Contributors(
        commits=2000, found=hands(*(f"p{number}" for number in range(300))).found
    )  # fmt: skip
    encoded = encode(await the_card(world, seen(contributors=many)))
    assert size(encoded) <= LARGEST


@pytest.mark.parametrize("name", ["approval/x/never", "nothing", "x" * 5000, ""])
@pytest.mark.parametrize("verb", ["pipeline.approve", "pipeline.reject", "pipeline.show"])
async def test_a_button_about_nothing_is_answered_in_words_and_leaves_nothing(world, name, verb):
    click = press(await the_card(world), "Approve", EVE, comment="x")
    forged = msgspec.structs.replace(click, verb=verb, data={"checkpoint": name} if name else {})
    with pytest.raises(UnknownNameError):
        await world.bot.click(forged)
    assert await kinds(world) == [CheckpointSeen]


async def listed(world, person):
    return await world.bot.message(person, "approvals", "room")


async def test_the_command_approvals_lists_it_and_opens_its_card(world):
    await the_card(world)
    card = await listed(world, EVE)
    assert "deploy churn 20261201.3 to production" in words(card)
    assert "Eve may decide." in words(card)
    [title] = titles(card)
    opened = await world.bot.click(press(card, title, EVE))
    assert opened.is_private
    assert titles(opened) == ["Approve", "Reject"]


@pytest.mark.parametrize(
    ("person", "run", "says"),
    [
        (OUT, RUN, "Otto may not decide about it. A member of approvers can"),
        (ADA, RUN, "Ada may not decide about it. A member of approvers can"),
        (EVE, msgspec.structs.replace(RUN, environment="test"), "Decide it in Azure DevOps"),
    ],
)
async def test_who_may_not_decide_reads_who_can(world, person, run, says):
    await the_card(world, seen(run=run))
    card = await listed(world, person)
    assert says in words(card)
    assert titles(card) == []


async def test_what_was_decided_is_listed_no_more(world):
    await world.bot.click(press(await the_card(world), "Approve", EVE, comment="yes"))
    assert "Nothing waits for a decision." in words(await listed(world, EVE))


async def test_of_many_only_some_are_listed(world):
    for number in range(25):
        await happens(world.handle, seen(name=f"b{number}"))
    assert "And 5 more pipelines." in words(await listed(world, EVE))
