"""Clicks on the running product: one decision, by somebody who may, about what is open now."""

import asyncio

import pytest

from core.events.derived import ApprovalVoided, DecisionRefused, PromotionRejected, StagePlaced
from core.people import Person
from core.release.state import State
from core.words import PersonId, Stage
from sluss.demo.visitor import Visitor
from sluss.home.chat_token import chat_token

pytestmark = [pytest.mark.story, pytest.mark.timeout(1500)]


async def test_an_old_card_approves_nothing(onlooker, release):
    old = await onlooker.ask(release, Stage.QA)
    await onlooker.decide("bo", release, old, approves=False)
    new = await onlooker.ask(release, Stage.QA)

    answer = await onlooker.decide("carin", release, old)

    assert "out of date" in answer.refusal or "decided before" in answer.refusal
    await _still_open(onlooker, release, new)
    await onlooker.decide("bo", release, new, approves=False)


async def test_double_clicks_of_two_people_make_one_decision(onlooker, release):
    approval = await onlooker.ask(release, Stage.QA)

    clicks = [
        onlooker.decide(who, release, approval, approves=False) for who in ("bo", "carin") * 2
    ]
    answers = await asyncio.gather(*clicks)

    refused = [bool(answer.refusal) for answer in answers]
    assert sorted(refused[:2]) == [False, True]
    assert refused[:2] == refused[2:], "the second press of one who has decided is a repeat"
    assert all("decided before: rejected by" in a.refusal for a in answers if a.refusal)
    made = [e for e in await onlooker.events("loan_rules") if isinstance(e, PromotionRejected)]
    assert [event.approval for event in made].count(approval) == 1


async def test_a_click_by_somebody_unknown_decides_nothing(up, onlooker, release):
    approval = await onlooker.ask(release, Stage.QA)
    nobody = Person(id=PersonId("mallory"), name="Bo Ekman", groups=frozenset({"approvers"}))

    answer = await Visitor(nobody, up.url, token=chat_token(up.home)).press(
        "approval.approve", release=release, approval=approval, comment="me"
    )

    assert answer.refusal
    await _still_open(onlooker, release, approval)
    await onlooker.decide("bo", release, approval, approves=False)


async def test_a_click_by_somebody_of_no_group_is_refused_and_says_who_can(onlooker, release):
    approval = await onlooker.ask(release, Stage.QA)

    answer = await onlooker.decide("eva", release, approval)

    assert "You are in no group that decides about QA." in answer.refusal
    assert "A member of approvers can" in answer.refusal
    refused = [e for e in await onlooker.events("loan_rules") if isinstance(e, DecisionRefused)]
    assert (refused[-1].by.id, refused[-1].what) == ("eva", "approve")
    await _still_open(onlooker, release, approval)
    await onlooker.decide("bo", release, approval, approves=False)


async def test_an_approval_after_the_artifact_was_changed_is_void(
    up, onlooker, release, ask_mlflow
):
    client = ask_mlflow(up.home)
    version = (await onlooker.find(release)).registered.version
    source = client.get_model_version_download_uri("loan_rules", version)
    file = _artifacts(up.home) / source.removeprefix("mlflow-artifacts:/") / "MLmodel"
    before = file.read_bytes()
    approval = await onlooker.ask(release, Stage.QA)
    file.write_bytes(before + b"\n# changed by hand\n")
    try:
        assert not (await onlooker.decide("bo", release, approval)).refusal
        found = await onlooker.until(release, State.REGISTERED)
    finally:
        file.write_bytes(before)

    assert "the registered artifact has changed" in found.reason
    events = await onlooker.events("loan_rules")
    assert [e.approval for e in events if isinstance(e, ApprovalVoided)] == [approval]
    assert not [e for e in events if isinstance(e, StagePlaced)]
    assert dict(client.get_registered_model("loan_rules").aliases) == {}


def _artifacts(home):
    return home / "mlflow" / "artifacts"


async def _still_open(onlooker, release, approval):
    promotion = (await onlooker.find(release)).open_promotion()
    assert promotion is not None
    assert promotion.approval == approval
