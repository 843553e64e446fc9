"""No stage is held for ever: a request is withdrawn, a promotion given up, or a newer one comes."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.authority.acts import GiveUpPromotion, WithdrawRequest
from core.authority.evaluate import may
from core.flow import decide
from core.jobs import CancelStep, ObserveRegistry
from core.people import Person
from core.policy import Policy
from core.release.state import State
from core.results import Promoted
from core.words import PersonId, Stage, Step
from tests.core.authority.walks import PEOPLE, TEAM_MATE, a_walk
from tests.core.story import ADA, BEN, CHECKED, EVE, FAILED, OUT, Story

GBI = Person(id=PersonId("gus"), name="Gus", groups=frozenset({"gbi"}))
PLATFORM_TEAM = Policy(platform_team=("gbi",))


def asked(stage: Stage = Stage.QA) -> Story:
    story = Story(policy=PLATFORM_TEAM).push(1).to_registered()
    return story.request(stage) if stage is Stage.QA else story.promoted(Stage.QA).request(stage)


def failed(stage: Stage = Stage.QA) -> Story:
    return asked(stage).approve(EVE).finish(Step.PROMOTE, FAILED, stage=stage)


def stuck(stage: Stage = Stage.QA) -> Story:
    return asked(stage).approve(EVE).bury()


STUCK_OR_FAILED = pytest.mark.parametrize("held", [failed, stuck])


@STUCK_OR_FAILED
@pytest.mark.parametrize("person", [ADA, TEAM_MATE, GBI])
@pytest.mark.parametrize(
    ("stage", "state"), [(Stage.QA, State.REGISTERED), (Stage.PROD, State.PLACED)]
)
def test_a_promotion_that_goes_no_further_is_given_up_and_may_be_asked_for_anew(
    held, person, stage, state
):
    story = held(stage).give_up(stage, person)

    assert story.derived == ["ApprovalVoided"]
    assert story.release.state is state
    assert f"{person.name} gave up promoting it to {stage}" in story.release.reason
    assert story.promoted(stage).release.state is State.PLACED


@STUCK_OR_FAILED
def test_a_stage_that_was_given_up_is_free_for_every_other_release(held):
    story = held().push(2).to_registered("2")
    story.give_up(Stage.QA, release="loan-1")

    assert story.promoted(Stage.QA).model.held(Stage.QA) == "2"


def test_who_gave_up_is_in_the_ledger_and_the_reason_on_the_release():
    story = failed()
    event = msgspec.structs.replace(
        failed().give_up(Stage.QA).events[-2], id="given up", reason="the cluster is gone."
    )
    story.tell(event)

    assert story.release.reason == "Ada gave up promoting it to QA: the cluster is gone."


@pytest.mark.parametrize("person", [OUT, EVE])
def test_neither_a_stranger_nor_an_approver_gives_up(person):
    story = failed().give_up(Stage.QA, person)

    assert "Only the model's team and the platform team" in story.refusal
    assert story.decision.refusal.who_can == "A member of credit or gbi can give it up."
    assert story.release.state is State.FAILED


@pytest.mark.parametrize(
    "person", [None, ADA, OUT, Person(id=PersonId("x"), name="X", groups=frozenset({""}))]
)
def test_where_there_is_neither_a_team_nor_a_platform_team_nobody_gives_up_and_it_says_so(person):
    nameless = msgspec.structs.replace(CHECKED, team="")
    story = failed()
    teamless = msgspec.structs.replace(story.release, checked=nameless)
    story.model = msgspec.structs.replace(story.model, releases={teamless.id: teamless})
    story.policy = Policy()
    ruling = may(
        person, GiveUpPromotion(release=teamless.id, stage=Stage.QA), story.model, story.context
    )

    assert not ruling.is_met
    assert "platform_team" in ruling.who_can


def test_while_it_moves_the_stage_nobody_gives_it_up():
    story = asked().approve(EVE).give_up(Stage.QA)

    assert "is being promoted to QA right now" in story.refusal
    assert story.release.state is State.PROMOTING


@pytest.mark.parametrize("stage", [Stage.TST, Stage.PROD])
def test_there_is_nothing_to_free_on_a_stage_that_was_not_asked_for(stage):
    assert "has nothing open" in failed().give_up(stage).refusal
    assert "has nothing open" in asked().withdraw(stage).refusal


def test_giving_up_what_is_stuck_ends_its_run_and_reads_the_registry():
    jobs = stuck().give_up(Stage.QA).decision.jobs

    assert {type(job) for job in jobs} == {CancelStep, ObserveRegistry}


def test_a_result_that_comes_after_the_giving_up_places_nothing():
    """Its dead letter was sent again: the registry is read, so that a moved stage is told."""
    story = stuck().give_up(Stage.QA)
    story.finish(Step.PROMOTE, Promoted(version="1", rows=5), stage=Stage.QA)

    assert story.derived == ["EventIgnored"]
    assert [type(job) for job in story.decision.jobs] == [ObserveRegistry]
    assert story.model.held(Stage.QA) == ""


def test_the_requester_withdraws_while_nobody_has_decided():
    story = asked().withdraw(Stage.QA)

    assert story.derived == ["ApprovalVoided"]
    assert (story.release.state, story.release.reason) == (
        State.REGISTERED,
        "Ada withdrew the request for QA.",
    )
    assert story.request(Stage.QA).refusal == ""


def test_another_account_of_who_asked_withdraws_as_well():
    twin = Person(id=PersonId("ada-adm"), name="Ada (admin)", same_as=(ADA.id,))

    assert asked().withdraw(Stage.QA, twin).refusal == ""


@pytest.mark.parametrize("person", [BEN, EVE, OUT])
def test_nobody_else_withdraws_it(person):
    story = asked().withdraw(Stage.QA, person)

    assert "Only who asked for QA withdraws the request" in story.refusal
    assert story.decision.refusal.who_can.startswith("Ada can.")


def test_what_was_approved_is_withdrawn_no_more():
    story = failed().withdraw(Stage.QA)

    assert "was approved by Eve: it cannot be withdrawn any more" in story.refusal
    assert "`give up loan-1 QA`" in story.decision.refusal.who_can


def test_a_forgotten_request_is_given_up_by_the_team_where_who_asked_is_gone():
    assert asked().give_up(Stage.QA, BEN).release.state is State.REGISTERED


@pytest.mark.parametrize(
    ("older", "then"),
    [
        (lambda: asked(Stage.PROD), State.PLACED),
        (lambda: failed(Stage.PROD), State.PLACED),
        (lambda: stuck(Stage.PROD), State.PLACED),
        (failed, State.REGISTERED),
    ],
    ids=["undecided", "failed", "stuck", "failed on the way to QA"],
)
def test_a_newer_release_that_asks_ends_what_an_older_one_holds(older, then):
    story = older()
    stage = story.release.stage
    story.push(2).to_registered("2")
    if stage is Stage.PROD:
        story.promoted(Stage.QA)
    story.request(stage)

    assert story.refusal == ""
    assert story.derived == ["ApprovalVoided", "PromotionRequested"]
    old = story.model.releases["loan-1"]
    assert old.state is then
    assert f"loan-2 asks for {stage} now, and is newer" in old.reason
    assert ("approval", old.promotion_to(stage).approval) in {
        (card.card, card.subject) for card in story.decision.cards
    }


def test_an_older_release_does_not_end_what_a_newer_one_asks_for():
    story = asked().approve(EVE).finish(Step.PROMOTE, FAILED, stage=Stage.QA).give_up(Stage.QA)
    story.promoted(Stage.QA).push(2).to_registered("2").promoted(Stage.QA)
    story.request(Stage.PROD).request(Stage.PROD, release="loan-1")

    assert "loan-2 has an open promotion to PROD" in story.refusal
    assert "`withdraw loan-2 PROD` or `give up loan-2 PROD`" in story.decision.refusal.who_can


def test_a_release_returns_after_its_stage_fell_back_to_the_one_before():
    story = Story().push(1).to_registered().promoted(Stage.QA).promoted(Stage.PROD)
    story.push(2).to_registered("2").promoted(Stage.QA).promoted(Stage.PROD)
    assert "loan-2 holds PROD already" in story.request(Stage.PROD).refusal

    story.observe(QA="2", PROD="1")  # somebody went back by hand
    story.promoted(Stage.PROD)
    assert story.release.state is State.PLACED
    assert story.model.held(Stage.PROD) == "2"


def test_what_was_put_on_a_stage_by_hand_may_be_asked_for():
    story = Story().push(1).to_registered().observe(QA="1")

    assert story.request(Stage.QA).refusal == ""


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_whatever_happened_some_person_can_free_every_stage(seed):
    """Or it is being moved just now: then its step ends, and somebody can."""
    story = a_walk(seed)
    for release in list(story.model.live()):
        for promotion in release.promotions.values():
            if not promotion.is_waiting:
                continue
            stage = promotion.stage
            acts = (
                WithdrawRequest(release=release.id, stage=stage),
                GiveUpPromotion(release=release.id, stage=stage),
            )
            can = any(
                may(person, act, story.model, story.context).is_met
                for act in acts
                for person in (*PEOPLE, TEAM_MATE)
            )
            assert can != release.is_under_way(stage)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_a_stage_that_was_freed_holds_nobody_up(seed):
    story = a_walk(seed)
    for release in list(story.model.live()):
        for stage in (Stage.QA, Stage.PROD):
            event = Story().push(1).give_up(stage, TEAM_MATE, release=release.id).events[-2]
            if decide(story.model, event, story.context).refusal is None:
                story.tell(msgspec.structs.replace(event, id=f"free/{release.id}/{stage}"))
                after = story.model.releases[release.id]
                assert after.state in {State.REGISTERED, State.PLACED}
                assert not any(found.is_waiting for found in after.promotions.values())
