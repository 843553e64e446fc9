"""Promotions are known by their approval: what was asked before stays readable, with its votes."""

from core.release.fold import folded
from core.release.model import Model
from core.release.promotion import Vote
from core.release.state import State
from core.results import Promoted
from core.words import Stage, Step, Stream
from tests.core.authority.walks import a_walk
from tests.core.story import EVE, VOID, Story


def registered() -> Story:
    return Story().push(1).to_registered()


def test_a_stage_that_is_asked_for_anew_leaves_the_old_request_as_it_ended():
    story = registered().request(Stage.QA, purpose="first")
    story.approve(EVE, yes=False, comment="not now").request(Stage.QA, purpose="second")

    first, second = story.release.promotions.values()
    assert (first.purpose, first.outcome, first.comment) == ("first", "rejected", "not now")
    assert (second.purpose, second.outcome) == ("second", "")
    assert story.release.promotion_to(Stage.QA) is second
    assert story.release.open_promotion() is second
    assert list(story.release.promotions) == [first.approval, second.approval]


def test_every_request_has_an_approval_of_its_own():
    story = registered()
    for _ in range(3):
        story.request(Stage.QA).approve(EVE, yes=False)

    assert len(story.release.promotions) == story.release.requests == 3


def test_a_vote_says_who_what_why_and_when():
    story = registered().request(Stage.QA)
    voted = story.now
    story.approve(EVE, comment="compared")

    promotion = story.release.promotion_to(Stage.QA)
    assert promotion.votes == (Vote(by=EVE, approved=True, comment="compared", time=voted),)
    assert (promotion.decided_by, promotion.decided, promotion.comment) == (EVE, voted, "compared")


def test_what_became_void_was_decided_by_nobody_and_keeps_its_vote():
    story = registered().request(Stage.QA).approve(EVE)
    voided = story.now
    story.finish(Step.PROMOTE, VOID, stage=Stage.QA)

    promotion = story.release.promotion_to(Stage.QA)
    assert (promotion.outcome, promotion.decided_by) == ("void", None)
    assert (promotion.decided, promotion.comment) == (voided, "the artifact has changed")
    assert [vote.by for vote in promotion.votes] == [EVE]


def test_what_a_newer_push_ended_is_void_since_then():
    story = registered().request(Stage.QA)
    pushed = story.now
    story.push(2)

    promotion = story.model.releases["loan-1"].promotion_to(Stage.QA)
    assert (promotion.outcome, promotion.decided, promotion.comment) == ("void", pushed, "")


def test_a_void_request_leads_back_to_the_stage_that_was_placed():
    story = registered().promoted(Stage.QA).request(Stage.PROD).approve(EVE)
    story.finish(Step.PROMOTE, VOID, stage=Stage.PROD)

    assert (story.release.state, story.release.stage) == (State.PLACED, Stage.QA)
    assert story.release.placed == (Stage.QA,)


def test_placing_ends_the_request_that_it_answers():
    story = registered().request(Stage.QA).approve(EVE, yes=False).request(Stage.QA).approve(EVE)
    story.finish(Step.PROMOTE, Promoted(version="1", rows=5), stage=Stage.QA)

    assert [found.outcome for found in story.release.promotions.values()] == ["rejected", "placed"]
    assert story.release.promotion_to(Stage.QA).rows == 5


def test_a_ledger_folds_to_the_state_that_the_story_saw():
    for seed in range(30):
        story = a_walk(seed)

        assert folded(Model(stream=Stream("loan")), story.events) == story.model
