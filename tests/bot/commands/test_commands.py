"""Every command, asked as a person types it."""

import msgspec
import pytest

from bot.command import find
from bot.commands import COMMANDS
from core.errors import RefusedError, UnknownNameError
from core.words import Stage, Step
from tests.bot.views import NAMED, found, press, titles, verdict, words
from tests.bot.world import World
from tests.core.story import ADA, BEN, EVE, FAILED, OUT, Story


async def ask(world: World, line: str, person=ADA):
    return await world.bot.message(person, line, "credit room")


async def in_production(world: World) -> Story:
    story = Story().push(1).to_registered("1", NAMED).promoted(Stage.QA).promoted(Stage.PROD)
    await world.told(story)
    return story


async def test_help_says_who_may_use_a_command_and_gives_an_example(world):
    shown = words(await ask(world, "help"))

    assert "retry <release>" in shown
    assert "Who: members of the model's team." in shown
    assert "For example: retry loan_default-3" in shown


async def test_a_pasted_link_to_a_release_names_its_model(world):
    await in_production(world)

    shown = words(await ask(world, "model status http://127.0.0.1:8300/releases/loan-1"))

    assert shown.startswith("loan_default\n")


async def test_model_list_shows_production_and_the_newest_release(world):
    await in_production(world)

    shown = words(await ask(world, "model list"))

    assert "2 models" in shown
    assert "churn | - | none yet" in shown
    assert "loan_default | version 1 | loan-1: placed PROD" in shown


@pytest.mark.parametrize("name", ["loan_default", "LOAN_DEFAULT", "loan"])
async def test_a_model_is_found_by_its_name_or_its_repository(world, name):
    await in_production(world)

    assert "PROD: version 1 (loan-1), since 2026-01-05 09:00 UTC" in words(
        await ask(world, f"model status {name}")
    )


async def test_a_model_that_is_not_there_gets_near_names(world):
    await in_production(world)

    with pytest.raises(UnknownNameError, match="Did you mean loan_default"):
        await ask(world, "model status loan_defalt")


@pytest.mark.parametrize(
    ("story", "says"),
    [
        (Story().push(1), "It has been running since 2026-01-05 09:00 UTC"),
        (Story().push(1).finish(Step.CHECK, NAMED).finish(Step.TRAIN, FAILED), "`retry loan-1`"),
        (Story().push(1).to_acceptance(NAMED), "It waits for acceptance. A member of credit can"),
        (
            Story().push(1).to_registered("1", NAMED),
            "It can go to QA. A member of credit can `request loan-1 QA`.",
        ),
        (
            Story().push(1).to_registered("1", NAMED).request(Stage.QA),
            "It waits for a decision about QA. A member of approvers can who had no hand in it",
        ),
        (
            Story()
            .push(1)
            .to_registered("1", NAMED)
            .request(Stage.QA)
            .approve(EVE)
            .finish(Step.PROMOTE, FAILED, stage=Stage.QA),
            "`retry loan-1`. `give up loan-1 QA` frees the stage.",
        ),
        (Story().push(1).push(2), "loan-2: checking (main)"),
        (Story().push(1, branch="idea").finish(Step.CHECK, NAMED), "waits for nothing"),
    ],
    ids=["runs", "failed", "acceptance", "registered", "approval", "gave out", "newest", "branch"],
)
async def test_model_status_says_what_it_waits_for_and_who_can_act(world, story, says):
    await world.told(story)

    assert says in words(await ask(world, "model status loan"))


async def test_model_status_of_a_repository_without_releases(world):
    shown = words(await ask(world, "model status churn"))

    assert "PROD: empty" in shown
    assert "no release yet" in shown


async def test_model_history_says_who_released_what_when_and_who_approved(world):
    await in_production(world)

    shown = words(await ask(world, "model history loan_default"))

    assert "Version 1 to PROD (loan-1)" in shown
    assert "2026-01-05 09:00 UTC · asked by Ada, approved by Eve" in shown
    assert shown.index("to PROD") < shown.index("to QA")


async def test_model_history_shows_rejections_and_changes_outside(world):
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA)
    story.approve(EVE, yes=False, comment="too soon")
    await world.told(story.observe(QA="", PROD="7"))

    shown = words(await ask(world, "model history loan"))

    assert "QA rejected for loan-1" in shown
    assert "by Eve: too soon" in shown
    assert "PROD changed outside of a release" in shown
    assert "expected nothing, found 7" in shown


async def test_a_history_that_has_not_begun(world):
    assert "Nothing was placed on a stage yet." in words(await ask(world, "model history churn"))


@pytest.mark.parametrize("name", ["loan-1", "LOAN-1"])
async def test_release_shows_its_card(world, name):
    await in_production(world)

    assert verdict(await ask(world, f"release {name}")).text.startswith("Version 1 holds PROD")


@pytest.mark.parametrize("name", ["loan_default", "LOAN", "loan"])
async def test_release_of_a_model_shows_its_newest(world, name):
    await world.told(Story().push(1).to_registered("1", NAMED).push(2))

    assert "loan-2" in words(await ask(world, f"release {name}"))


async def test_release_of_a_model_without_any_says_so(world):
    with pytest.raises(UnknownNameError, match="churn"):
        await ask(world, "release churn")


@pytest.mark.parametrize("line", ["release loan-1", "retry LOAN-1"])
async def test_a_release_of_a_repository_that_is_gone_says_so(world, line):
    await in_production(world)
    world.platform = msgspec.structs.replace(world.platform, repositories=())

    with pytest.raises(RefusedError, match=r"of (loan|LOAN)-1 is no longer in platform\.yml"):
        await ask(world, line)


@pytest.mark.parametrize("name", ["loan-7", "lone-1"])
async def test_a_release_that_is_not_there_gets_near_names(world, name):
    await in_production(world)

    with pytest.raises(UnknownNameError, match="Did you mean loan-1"):
        await ask(world, f"release {name}")


async def test_approvals_of_a_quiet_day(world):
    assert "Nothing waits for a decision." in words(await ask(world, "approvals"))


@pytest.mark.parametrize(
    ("person", "says", "buttons"),
    [
        (EVE, "Eve may decide.", ["Open loan-1 to QA"]),
        (ADA, "Ada may not decide about it. It waits for a decision about QA.", []),
        (OUT, "Otto may not decide about it. It waits for a decision about QA.", []),
    ],
    ids=["approver", "requester", "stranger"],
)
async def test_approvals_marks_what_the_person_may_decide(world, person, says, buttons):
    await world.told(Story().push(1).to_registered("1", NAMED).request(Stage.QA))

    card = await ask(world, "approvals", person)

    assert "loan-1 (loan_default version 1) to QA" in words(card)
    assert says in words(card)
    assert titles(card) == buttons


async def test_approvals_opens_the_card_to_decide_on_it(world):
    await world.told(Story().push(1).to_registered("1", NAMED).request(Stage.QA))
    listed = await ask(world, "approvals", EVE)

    opened = await _press_first(world, listed, EVE)

    assert opened.is_private
    assert titles(opened) == ["Approve loan-1 for QA", "Reject"]


async def test_approvals_lists_acceptances_for_the_team(world):
    await world.told(Story().push(1).to_acceptance(NAMED))

    card = await ask(world, "approvals", BEN)

    assert "loan-1 (loan_default): acceptance" in words(card)
    assert titles(await _press_first(world, card, BEN)) == ["Accept loan-1", "Reject"]


async def _press_first(world: World, card, person):
    return await world.bot.click(press(card, card.buttons[0].title, person))


@pytest.mark.parametrize("stage", ["QA", "qa"])
async def test_request_opens_the_form_of_the_newest_registered_release(world, stage):
    await world.told(Story().push(1).to_registered("1", NAMED))

    card = await ask(world, f"request loan_default {stage}")

    assert "Request QA for loan-1 (loan_default version 1)" in words(card)
    assert titles(card) == ["Send request for QA", "Show the release"]


@pytest.mark.parametrize(
    ("name", "version"), [("loan_default", "2"), ("loan-2", "2"), ("Loan-1", "1")]
)
async def test_request_opens_the_form_of_the_release_that_is_named(world, name, version):
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA).approve(EVE)
    await world.told(story.push(2).to_registered("2", NAMED))

    assert f"QA for loan-{version} (loan_default version {version})" in words(
        await ask(world, f"request {name} QA")
    )


async def test_request_before_anything_is_registered(world):
    await world.told(Story().push(1))

    with pytest.raises(RefusedError, match="loan has no registered release"):
        await ask(world, "request loan QA")


async def test_request_of_a_stage_that_does_not_exist(world):
    with pytest.raises(UnknownNameError, match="Did you mean QA or PROD"):
        await ask(world, "request loan moon")


async def test_retry_starts_the_failed_step_again(world):
    await world.told(Story().push(1).finish(Step.CHECK, NAMED).finish(Step.TRAIN, FAILED))

    assert verdict(await ask(world, "retry loan-1")).text == "Training since 2026-01-05 09:00 UTC"


@pytest.mark.parametrize(
    ("person", "story", "why"),
    [
        (EVE, Story().push(1).finish(Step.CHECK, NAMED).finish(Step.TRAIN, FAILED), "Only members"),
        (ADA, Story().push(1), "there is nothing to retry"),
    ],
    ids=["another team", "nothing failed"],
)
async def test_retry_says_why_not(world, person, story, why):
    await world.told(story)

    with pytest.raises(RefusedError, match=why):
        await ask(world, "retry loan-1", person)


@pytest.mark.parametrize(
    ("story", "says"),
    [
        (
            Story().push(1).to_registered("1", NAMED).promoted(Stage.QA),
            "loan-1 is placed: there is nothing to retry. It can go to PROD. A member",
        ),
        (
            Story().push(1).to_acceptance(NAMED),
            "there is nothing to retry. It waits for acceptance. A member of credit can accept it.",
        ),
        (
            Story().push(1),
            "there is nothing to retry. It has been running since 2026-01-05 09:00 UTC",
        ),
        (Story().push(1).push(2), "there is nothing to retry. It has come to its end; a push"),
    ],
    ids=["placed", "to accept", "running", "superseded"],
)
async def test_retry_of_what_has_not_failed_says_what_there_is_to_do_instead(world, story, says):
    await world.told(story)

    with pytest.raises(RefusedError) as refused:
        await ask(world, "retry loan-1")
    assert says in str(refused.value)


async def test_a_blocked_release_says_so_in_the_status(world):
    gate = NAMED.__class__(checks=(found(1),), model="loan_default", team="credit")
    await world.told(Story().push(1).finish(Step.CHECK, gate))

    assert "It is blocked. A member of credit can mend it and push" in words(
        await ask(world, "model status loan")
    )


async def test_withdraw_takes_a_request_back_and_says_why(world):
    await world.told(Story().push(1).to_registered("1", NAMED).request(Stage.QA))

    shown = words(await ask(world, 'withdraw LOAN-1 qa "the data is wrong"'))

    assert "Ada withdrew the request for QA: the data is wrong." in shown


async def test_give_up_frees_a_stage_that_a_failed_promotion_holds(world):
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA).approve(EVE)
    await world.told(story.finish(Step.PROMOTE, FAILED, stage=Stage.QA))

    with pytest.raises(RefusedError, match="Only the model's team and the platform team"):
        await ask(world, "give up loan-1 QA", OUT)
    assert "Ben gave up promoting it to QA." in words(await ask(world, "give up loan-1 QA", BEN))


@pytest.mark.parametrize("line", ["withdraw loan-1 QA", "give up loan-1 PROD"])
async def test_where_nothing_is_open_nothing_is_freed(world, line):
    await world.told(Story().push(1).to_registered("1", NAMED))

    with pytest.raises(RefusedError, match="has nothing open"):
        await ask(world, line)


@pytest.mark.parametrize("line", ["withdraw loan-1 QA", "give up loan-1 QA"])
def test_a_reason_to_free_a_stage_needs_no_quotes(line):
    call = find(f'{line} the "new" cluster is gone', COMMANDS)

    assert call.words == ["loan-1", "QA", 'the "new" cluster is gone']


async def test_model_history_shows_what_was_given_up_and_by_whom(world):
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA).approve(EVE)
    await world.told(story.finish(Step.PROMOTE, FAILED, stage=Stage.QA).give_up(Stage.QA, BEN))

    shown = words(await ask(world, "model history loan"))

    assert "QA came to nothing for loan-1" in shown
    assert "Ben gave up promoting it to QA." in shown
