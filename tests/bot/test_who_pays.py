"""The question who pays, on the card of a release and as a command."""

import msgspec
import pytest

from bot.cards import release as release_card
from core.card import Text, TextInput
from core.errors import RefusedError
from core.gate.checks import CheckResult, Finding, Status
from core.gate.principal_request import request
from core.policy import policy
from core.words import Step
from tests.bot.views import NAMED, found, in_sight, press, titles, view, words
from tests.bot.world import LOAN
from tests.core.story import ADA, EVE, PAID, UNPAID, Story

GAP = request({"MODEL_NAME": "loan_default", "TEAM_NAME": "credit"}, stage="QA", path="m.yml")


def unpaid(*, mend: str = "add FINANCIAL_ID: and who pays", line: int = 0):
    asked = Finding("model_variables.yml", mend, "FINANCIAL_ID is not set", line)
    pays = msgspec.structs.replace(UNPAID.checks[0], findings=(asked,))
    principal = CheckResult(
        check="service_principal", title="The service principal of a stage", owner="GBI",
        priority=1, status=Status.FOUND, findings=(Finding("m.yml", GAP, "", gate="QA"),),
    )  # fmt: skip
    return msgspec.structs.replace(UNPAID, checks=(principal, pays))


def asked(**finding) -> Story:
    return Story().push(1).finish(Step.CHECK, unpaid(**finding))


def card_of(story: Story):
    return release_card.render(view(story))


def code_of(card) -> list[str]:
    return [part.text for part in card.body if isinstance(part, Text) and part.is_monospace]


def test_the_card_asks_who_pays():
    card = card_of(asked())

    assert "Who pays for this model?\nmodel_variables.yml does not say it." in in_sight(card)
    [field] = [part for part in card.body if isinstance(part, TextInput)]
    assert field.label == "FINANCIAL_ID, as the controller of your unit gives it"
    assert not field.is_multiline
    assert "Answer who pays" in titles(card)


@pytest.mark.parametrize("checked", [PAID, NAMED])
def test_nobody_is_asked_where_the_gate_found_nothing(checked):
    card = card_of(Story().push(1).finish(Step.CHECK, checked))

    assert "Who pays" not in words(card)
    assert "Answer who pays" not in titles(card)


def test_an_answer_is_shown_as_the_line_to_write():
    card = card_of(asked().give_financial_id("CR-20417"))

    assert "CR-20417, as Ada answered: 2026-01-05 08:02 UTC" in in_sight(card)
    assert "Add this below “variables:” in model_variables.yml, and push." in in_sight(card)
    assert code_of(card) == ["FINANCIAL_ID: CR-20417"]
    assert "Change who pays" in titles(card)


def test_a_value_that_is_there_is_replaced_in_its_line():
    card = card_of(asked(line=9).give_financial_id("CR-20417"))

    assert "Write this in line 9 of model_variables.yml in place of what is there" in words(card)


def test_a_file_that_lists_its_variables_gets_an_item():
    story = asked(mend="add - name: FINANCIAL_ID with value: and who pays")

    card = card_of(story.give_financial_id("CR-20417"))
    assert code_of(card) == ["- name: FINANCIAL_ID\n  value: CR-20417"]


def test_the_answer_fills_the_request_for_the_service_principal():
    assert "to be charged to <FINANCIAL_ID>" in words(card_of(asked()))

    filled = words(card_of(asked().give_financial_id("CR-20417")))
    assert "to be charged to CR-20417, and enter it as SPN_QA.”" in filled
    assert "First set" not in filled


def test_an_answer_whose_form_the_bank_takes_no_more_is_asked_for_anew():
    story = asked().give_financial_id("CR-20417")
    story.policy = policy({"rules": {"financial_id": "K[0-9]{3}"}})

    card = card_of(story)
    assert "does not say it. Answer here" in words(card)
    assert "to be charged to <FINANCIAL_ID>" in words(card)


async def test_pressed_on_the_card_it_is_kept_and_the_card_shows_the_change(world):
    await world.told(Story().push(1).finish(Step.CHECK, unpaid()))
    room = await world.show_cards()

    pressed = press(room.the("loan-1"), "Answer who pays", financial_id=" CR-20417 ")
    answer = await world.bot.click(pressed)
    assert code_of(answer) == ["FINANCIAL_ID: CR-20417"]
    assert code_of((await world.show_cards()).the("loan-1")) == ["FINANCIAL_ID: CR-20417"]


async def test_an_empty_press_is_refused_in_words(world):
    await world.told(Story().push(1).finish(Step.CHECK, unpaid()))
    room = await world.show_cards()

    with pytest.raises(RefusedError, match="There is no answer yet"):
        await world.bot.click(press(room.the("loan-1"), "Answer who pays"))


async def test_somebody_else_is_told_who_can(world):
    await world.told(Story().push(1).finish(Step.CHECK, unpaid()))
    room = await world.show_cards()

    with pytest.raises(RefusedError, match=r"Only members of credit .* A member of credit can\."):
        await world.bot.click(
            press(room.the("loan-1"), "Answer who pays", EVE, financial_id="CR-20417")
        )


@pytest.mark.parametrize("line", ["financial id loan CR-20417", "Financial ID loan-1 CR-20417"])
async def test_the_command_answers_for_the_release_that_asks(world, line):
    await world.told(Story().push(1).finish(Step.CHECK, unpaid()).push(2, "topic"))

    card = await world.bot.message(ADA, line, "credit room")
    assert code_of(card) == ["FINANCIAL_ID: CR-20417"]
    assert (await world.handle.model("loan")).who_pays.by.id == "ada"


async def test_the_command_says_why_nothing_is_asked(world):
    await world.told(Story().push(1).finish(Step.CHECK, PAID))

    with pytest.raises(RefusedError, match="nobody has to be asked"):
        await world.bot.message(ADA, "financial id loan CR-20417", "credit room")


async def test_the_command_before_any_release_says_so(world):
    with pytest.raises(RefusedError, match="loan has no release"):
        await world.bot.message(ADA, "financial id loan CR-20417", "credit room")


async def test_the_next_push_without_it_shows_what_was_answered(world):
    story = Story().push(1).finish(Step.CHECK, unpaid()).give_financial_id("CR-20417")
    await world.told(story.push(2).finish(Step.CHECK, unpaid()))

    card = (await world.show.face("release", "loan-2", LOAN)).card
    assert code_of(card) == ["FINANCIAL_ID: CR-20417"]


def test_other_findings_stay_as_they_are():
    broken = msgspec.structs.replace(UNPAID, checks=(*UNPAID.checks, found(2)))
    card = card_of(Story().push(1).finish(Step.CHECK, broken).give_financial_id("CR-20417"))

    assert "is blank: mend thing 2" in words(card)
