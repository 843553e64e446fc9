"""The card of a dead letter: in the platform team's room, with one button, which works once."""

import msgspec
import pytest

from bot.cards import letter
from core.card import Tone
from core.errors import RefusedError, UnknownNameError
from core.events.derived import DecisionRefused
from core.events.desk import LetterBuried, LetterRedriven, RedriveRequested
from core.jobs import RedriveLetter
from core.policy import Policy
from core.words import PLATFORM, ReleaseId
from tests.bot.views import PAGES, press, titles, verdict, words
from tests.bot.world import NOW, World
from tests.core.story import ADA, BEN, OUT
from tests.origins import happens

BURIED = LetterBuried(
    id="buried/steps/m/1", time=NOW, queue="steps", message="m", reason="KeyError in steps, twice",
    about="the step train of loan-1, attempt 1, on TST", release=ReleaseId("loan-1"),
)  # fmt: skip
ROOMS = {"platform": "gbi room", "*": "general"}


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path, ROOMS, policy=Policy(platform_team=("credit",)))
    yield made
    await made.store.close()


async def the_card(world, event=BURIED):
    await happens(world.handle, event)
    return (await world.show_cards()).the("Dead letter in steps")


async def kinds(world):
    return [type(entry.event) for entry in await world.store.load(PLATFORM)]


async def test_it_says_what_died_why_when_and_what_to_do(world):
    card = await the_card(world)

    assert verdict(card).text == "Waits since 2026-01-05 09:00 UTC to be sent again"
    assert verdict(card).tone is Tone.BAD
    shown = words(card)
    assert "The step train of loan-1, attempt 1, on TST" in shown
    assert "Why: KeyError in steps, twice" in shown
    assert "Release: loan-1" in shown
    assert "Mend the cause" in shown
    assert "Who: A member of credit can." in shown
    assert [f"{PAGES}/releases/loan-1", f"{PAGES}/deliveries"] == [link.url for link in card.links]


@pytest.mark.parametrize(("rooms", "room"), [(ROOMS, "gbi room"), ({"*": "general"}, "general")])
async def test_it_goes_to_the_platform_teams_room_else_to_everybodys(tmp_path, rooms, room):
    world = World(tmp_path, rooms)
    await the_card(world)

    assert world.room.conversations() == [room]
    await world.store.close()


async def test_send_again_is_pressed_once_and_the_card_says_who_and_when(world):
    card = await the_card(world)
    click = press(card, "Send again", ADA)
    answer = await world.bot.click(click)
    again = await world.bot.click(click)  # the surface sends the same press twice

    assert verdict(answer).text == verdict(again).text == "Sent again by Ada, 2026-01-05 09:00 UTC"
    assert titles(answer) == []
    jobs = await world.store.unsent(100)
    [job] = [job for job in jobs if isinstance(job, RedriveLetter)]
    assert (job.queue, job.message, job.since) == ("steps", "m", NOW)
    assert await kinds(world) == [LetterBuried, RedriveRequested, LetterRedriven]


async def test_of_two_people_at_once_the_second_one_hears_who_was_first(world):
    card = await the_card(world)
    await world.bot.click(press(card, "Send again", ADA))
    with pytest.raises(RefusedError, match="sent again before, by Ada"):
        await world.bot.click(press(card, "Send again", BEN, press_id="press-2"))

    jobs = [job for job in await world.store.unsent(100) if isinstance(job, RedriveLetter)]
    assert len(jobs) == 1


async def test_a_stranger_to_the_team_sends_nothing_and_the_attempt_is_kept(world):
    card = await the_card(world)
    with pytest.raises(RefusedError, match=r"no group of the platform team.*A member of credit"):
        await world.bot.click(press(card, "Send again", OUT))

    assert DecisionRefused in await kinds(world)
    assert len((await world.store.desk()).open_letters()) == 1


async def test_where_policy_names_nobody_there_is_no_button_but_what_to_set(tmp_path):
    world = World(tmp_path, ROOMS)
    card = await the_card(world)
    await world.store.close()

    assert titles(card) == []
    assert "`platform_team: [<group>]` in policy.yml" in words(card)


async def test_a_letter_that_died_again_has_its_button_again(world):
    await world.bot.click(press(await the_card(world), "Send again", ADA))
    anew = msgspec.structs.replace(BURIED, id="2", time=NOW.replace(hour=10), reason="again")
    card = await the_card(world, anew)

    assert titles(card) == ["Send again"]
    assert "So far: it died 2 times; Ada sent it again before" in words(card)
    assert world.room.posts == 1


async def test_a_letter_that_the_desk_has_let_go_is_read_from_the_ledger(world):
    card = await the_card(world)
    await world.bot.click(press(card, "Send again", ADA))
    for number in range(60):
        other = f"other{number}"
        later = NOW.replace(hour=10, minute=number)
        facts = {"queue": "steps", "message": other, "time": later}
        await happens(world.handle, LetterBuried(id=f"b{number}", reason="x", **facts))
        await happens(world.handle, RedriveRequested(id=f"w{number}", by=ADA, **facts))
    assert "steps/m" not in (await world.store.desk()).letters
    with pytest.raises(RefusedError, match="No dead letter steps/m is on the desk"):
        await world.bot.click(press(card, "Send again", BEN, press_id="late"))
    face = await world.show.face("letter", "steps/m", PLATFORM)

    assert verdict(face.card).text == "Sent again by Ada, 2026-01-05 09:00 UTC"


@pytest.mark.parametrize("name", ["steps/never", "no_such_queue/m", "", "/", "x" * 5000])
@pytest.mark.parametrize("verb", ["letter.redrive", "letter.show"])
async def test_a_button_about_no_letter_is_answered_in_words_and_leaves_nothing(world, name, verb):
    click = press(await the_card(world), "Send again", ADA)
    forged = msgspec.structs.replace(click, verb=verb, data={"letter": name} if name else {})
    with pytest.raises(UnknownNameError):
        await world.bot.click(forged)

    assert await kinds(world) == [LetterBuried]


async def test_what_others_wrote_is_shown_cut_and_as_it_is(world):
    hostile = msgspec.structs.replace(BURIED, reason="**x** " * 900, about="<b>" * 300, message="m")
    shown = words(await the_card(world, hostile))

    assert len(shown) < 2000
    assert "**x**" in shown


def test_it_goes_to_nobody_else():
    assert letter.readers(None) == (PLATFORM,)
