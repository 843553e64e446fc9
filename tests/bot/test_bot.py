"""The whole way by buttons: what people press moves the release, or they read why it does not."""

import asyncio
from itertools import count

import msgspec
import pytest

from bot.cards import CLICKS
from core.card import Card
from core.conversation import Click
from core.errors import RefusedError, UnknownNameError
from core.events.workers import StepFinished
from core.people import UNKNOWN, Person
from core.release.state import State
from core.results import Promoted, Registered
from core.words import PersonId, Stage, Step
from tests.bot.views import NAMED, press, titles, verdict, words
from tests.bot.world import LOAN, NOW, World
from tests.core.story import ADA, BEN, EVE, FAILED, OUT, Story
from tests.origins import happens

presses = count(1)


async def click(world: World, card: Card, title: str, person: Person, **typed: str) -> Card:
    """A fresh press; the surface gives each one an id of its own."""
    return await world.bot.click(
        press(card, title, person, press_id=f"press-{next(presses)}", **typed)
    )


async def the_card(world: World, person: Person = ADA) -> Card:
    return await world.bot.message(person, "release loan-1", "credit room")


async def finish(world: World, step: Step, result, stage: Stage = Stage.TST) -> None:
    release = await world.release()
    await happens(
        world.handle,
        StepFinished(
            id=f"finished/{release.id}/{step}/{stage}",
            time=NOW,
            release=release.id,
            step=step,
            attempt=1,
            stage=stage,
            result=result,
        ),
    )


async def requested(world: World) -> Card:
    """An open approval card for QA, asked for by Ada."""
    await world.told(Story().push(1).to_registered("1", NAMED).request(Stage.QA))
    return (await world.show_cards()).the("Approve loan-1 (loan_default version 1) for QA?")


async def test_from_acceptance_to_production_by_buttons(world):
    await world.told(Story().push(1).to_acceptance(NAMED))
    acceptance = (await world.show_cards()).the("loan-1 (loan_default): Nothing holds PROD yet")
    accepted = await click(world, acceptance, "Accept loan-1", ADA)
    assert verdict(accepted).text == "Accepted by Ada"
    await finish(world, Step.REGISTER, Registered(version="1", artifact_digest="a"))

    for stage in (Stage.QA, Stage.PROD):
        form = await click(world, await the_card(world), f"Request {stage}", ADA)
        sent = await click(
            world, form, f"Send request for {stage}", ADA,
            purpose="refit", expected_outcome="fewer losses",
        )  # fmt: skip
        assert verdict(sent).text == f"{stage} is requested: a member of approvers decides"
        room = await world.show_cards()
        approval = room.the(f"Approve loan-1 (loan_default version 1) for {stage}?")
        approved = await click(world, approval, f"Approve loan-1 for {stage}", EVE)
        assert verdict(approved).text == f"Approved by Eve: promoting to {stage}"
        await finish(world, Step.PROMOTE, Promoted(version="1", rows=9), stage)

    assert verdict(await the_card(world)).text == "Version 1 holds PROD: 9 rows scored there"
    assert (await world.handle.model("loan")).champion.id == "loan-1"


async def test_nobody_opens_a_gate_for_their_own_boat(world):
    card = await requested(world)

    with pytest.raises(RefusedError, match="you asked for QA") as error:
        await click(world, card, "Approve loan-1 for QA", ADA)

    assert "A member of approvers can" in error.value.who_can
    assert (await world.release()).state is State.AWAITING_APPROVAL


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (OUT, "You are in no group that decides about QA"),
        (UNKNOWN, "Nobody knows who you are here"),
        (Person(id=PersonId("eve"), name="Eve", identity="local_unverified"), "not verified"),
    ],
    ids=["no approver", "unknown", "picked in a window"],
)
async def test_who_may_not_decide_reads_why(world, person, why):
    card = await requested(world)

    with pytest.raises(RefusedError, match=why):
        await click(world, card, "Approve loan-1 for QA", person)


async def test_a_rejection_needs_a_reason(world):
    card = await requested(world)
    with pytest.raises(RefusedError, match="needs a reason"):
        await click(world, card, "Reject", EVE)

    rejected = await click(world, card, "Reject", EVE, comment="not before Monday")

    assert "Why: not before Monday" in words(rejected)


async def test_a_double_click_decides_once_and_gets_the_same_answer(world):
    card = await requested(world)
    twice = press(card, "Approve loan-1 for QA", EVE, press_id="same")

    first = await world.bot.click(twice)
    version = (await world.handle.model("loan")).version
    second = await world.bot.click(twice)

    assert first == second
    assert (await world.handle.model("loan")).version == version


async def test_two_people_at_once_make_one_decision(world):
    card = await requested(world)

    answers = await asyncio.gather(
        click(world, card, "Approve loan-1 for QA", EVE),
        click(world, card, "Reject", BEN, comment="no"),
        return_exceptions=True,
    )

    refused = [answer for answer in answers if isinstance(answer, RefusedError)]
    assert len(refused) == 1
    assert "This was decided before" in str(refused[0])


async def test_a_click_on_an_old_card_decides_nothing(world):
    card = await requested(world)
    await click(world, card, "Reject", EVE, comment="no")

    with pytest.raises(RefusedError, match="This was decided before: rejected by Eve"):
        await click(world, card, "Approve loan-1 for QA", EVE)


async def test_a_card_that_a_newer_push_voided_decides_nothing(world):
    card = await requested(world)
    await world.told(Story().push(2))

    with pytest.raises(RefusedError, match="superseded by loan-2"):
        await click(world, card, "Approve loan-1 for QA", EVE)


async def test_only_the_team_accepts(world):
    await world.told(Story().push(1).to_acceptance(NAMED))
    card = (await world.show_cards()).the("loan-1 (loan_default): Nothing holds PROD yet")

    with pytest.raises(RefusedError, match="Only members of credit"):
        await click(world, card, "Accept loan-1", EVE)


async def test_retry_starts_the_failed_step_again(world):
    await world.told(Story().push(1).finish(Step.CHECK, NAMED).finish(Step.TRAIN, FAILED))

    card = await click(world, await the_card(world), "Retry", ADA)

    assert verdict(card).text == "Training since 2026-01-05 09:00 UTC"


async def test_a_stuck_release_goes_on_from_its_problem_card(world):
    await world.told(Story().push(1).bury())
    problem = (await world.show_cards()).the("loan-1 is stuck")

    card = await click(world, problem, "Retry", ADA)

    assert verdict(card).text == "It is no longer stuck"


async def test_the_form_leads_back_to_the_release(world):
    await world.told(Story().push(1).to_registered("1", NAMED))
    form = await click(world, await the_card(world), "Request QA", ADA)

    card = await click(world, form, "Show the release", ADA)

    assert form.is_private
    assert verdict(card).text == "Version 1 is registered"


async def test_a_request_without_its_purpose_is_refused(world):
    await world.told(Story().push(1).to_registered("1", NAMED))
    form = await click(world, await the_card(world), "Request QA", ADA)

    with pytest.raises(RefusedError, match="needs its purpose"):
        await click(world, form, "Send request for QA", ADA, purpose=" ", expected_outcome="x")


@pytest.mark.parametrize(
    ("verb", "data", "error", "says"),
    [
        ("release.explode", {"release": "loan-1"}, RefusedError, "older kind of card"),
        ("release.retry", {"release": "loan-9"}, RefusedError, "There is no release loan-9"),
        ("release.show", {"release": "loan-9"}, UnknownNameError, "Did you mean loan-1"),
        ("release.show", {"release": "gone-1"}, UnknownNameError, "no release called 'gone-1'"),
        ("release.show", {}, UnknownNameError, "no release called ''"),
        ("approval.approve", {"release": "loan-1"}, UnknownNameError, "no approval called ''"),
        (
            "approval.show",
            {"release": "loan-1", "approval": "gone"},
            UnknownNameError,
            "no approval called 'gone'",
        ),
        (
            "request.open",
            {"release": "loan-1", "stage": "MOON"},
            UnknownNameError,
            "no stage called 'MOON'",
        ),
    ],
)
async def test_a_button_that_leads_nowhere_says_so(world, verb, data, error, says):
    await world.told(Story().push(1))

    with pytest.raises(error, match=says):
        await world.bot.click(Click(id="c", person=ADA, verb=verb, data=data))


async def test_every_button_of_every_card_has_a_meaning(world):
    await world.told(Story().push(1).to_registered("1", NAMED).request(Stage.QA).push(2))
    await world.show_cards()
    verbs = {button.verb for _, card in world.room.cards.values() for button in card.buttons}

    assert verbs <= set(CLICKS.verbs)


async def test_a_line_that_is_nearly_right_gets_a_hint(world):
    with pytest.raises(UnknownNameError, match="Did you mean approvals"):
        await world.bot.message(ADA, "aprovals", "credit room")


@pytest.mark.parametrize("line", ["aprovals", "what a day it is"])
async def test_what_no_command_is_leads_to_the_help(world, line):
    with pytest.raises(UnknownNameError, match="Nothing was done; `help` shows what you can ask"):
        await world.bot.message(ADA, line, "credit room")


HELLOS = [
    "hi",
    "Hello!",
    "hej Sluss",
    "good morning",
    "Hi, please",
    "hi all",
    "tjena",
    "Grüß Gott",
    "?",
    "???",
    "/",
    " ?! ",
]


@pytest.mark.parametrize(
    "line",
    [
        "help",
        "/help",
        "<at>Sluss</at> help",
        "<at>Sluss</at>",
        "",
        "help me",
        "Help, please?",
        "**help**",
        *HELLOS,
    ],
)
async def test_help_is_there_in_every_spelling(world, line):
    card = await world.bot.message(ADA, line, "credit room")

    assert "model status <model>" in words(card)
    assert titles(card) == []


@pytest.mark.parametrize(
    "line", ["👍", "<at>Sluss</at> 🎉🎉", "❤️", "thanks", "Thank you!", "ok 👍", "…", ":-)"]
)
async def test_what_asks_for_nothing_gets_a_friendly_word(world, line):
    card = await world.bot.message(ADA, line, "credit room")

    assert words(card) == card.summary == "`help` shows what you can ask."


@pytest.mark.parametrize(
    "line",
    [
        "help request",
        "help /request?",
        "request help",
        "request ?",
        "Request: help!",
        "help reqest",
    ],
)
async def test_help_about_one_command_says_who_may_and_how(world, line):
    card = await world.bot.message(ADA, line, "credit room")

    assert words(card).splitlines() == [
        "request <model or release> <stage>",
        "Ask for QA or PROD for a release, or for the newest registered one of a model. Who: members of the model's team.",
        "For example: request loan_default QA",
        "For example: request loan_default-3 PROD",
    ]


async def test_help_about_the_first_word_of_several_shows_them_all(world):
    shown = words(await world.bot.message(ADA, "help model", "credit room"))

    assert [line for line in shown.splitlines() if "<" in line or line == "model list"] == [
        "model status <model>",
        "model list",
        "model history <model>",
    ]


async def test_card_and_flow_speak_of_the_team_that_platform_yml_names_now(world):
    await world.told(Story().push(1).to_acceptance(NAMED))
    before = await the_card(world)
    [loan, *others] = world.platform.repositories
    now = msgspec.structs.replace(loan, team="retail")
    world.platform = msgspec.structs.replace(world.platform, repositories=(now, *others))
    after = await the_card(world)

    assert "credit has to accept it" in verdict(before).text
    assert "retail has to accept it" in verdict(after).text
    assert "A member of retail can accept it" in words(
        await world.bot.message(ADA, "model status loan", "x")
    )
    acceptance = (await world.show.face("acceptance", "loan-1", LOAN)).card
    with pytest.raises(RefusedError, match="Only members of retail accept"):
        await click(world, acceptance, "Accept loan-1", ADA)
