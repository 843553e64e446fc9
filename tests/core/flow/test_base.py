"""A base for counting contributors: proposed by the team, agreed to by an approver of PROD."""

import msgspec
import pytest

from core.contributors import Contributor, Contributors, Part
from core.people import Person
from core.policy import Policy
from core.results import Promoted
from core.words import PersonId, Stage, Step
from tests.core.story import ADA, BEN, EVE, OUT, Story

BASE = "b" * 40


def hand(person: str) -> Contributor:
    return Contributor(name=person, part=Part.AUTHOR, commit="5" * 40, person=PersonId(person))


def proposed() -> Story:
    story = Story().push(1).to_registered()
    story.contributors = Contributors(found=(hand("ada"),), problem="too many")
    return story.propose_base()


def test_contributors_are_counted_from_it_when_somebody_else_has_agreed():
    story = proposed().decide_base(EVE)
    assert story.derived == ["BaseAgreed"]
    assert story.model.bases == {Stage.QA: BASE, Stage.PROD: BASE}
    assert (story.model.base.proposed_by, story.model.base.decided_by) == (ADA, EVE)


def test_a_base_that_nobody_agreed_to_counts_for_nothing():
    assert proposed().model.bases == {}
    assert proposed().decide_base(EVE, yes=False).model.bases == {}


PROPOSALS = {
    "an outsider": ({"by": OUT}, "Only members of credit"),
    "part of an id": ({"commit": "b" * 10}, "not the id of a commit"),
    "a name": ({"commit": "main"}, "not the id of a commit"),
    "no reason": ({"reason": "  "}, "needs its reason"),
}


@pytest.mark.parametrize(("given", "why"), PROPOSALS.values(), ids=PROPOSALS)
def test_a_proposal_is_refused(given, why):
    story = Story().push(1).to_registered()

    story.propose_base(**given)
    assert why in story.refusal
    assert story.model.base is None


def test_the_platform_team_may_propose_one():
    story = Story(policy=Policy(platform_team=("gbi",))).push(1)
    dag = Person(id=PersonId("dag"), name="Dag", groups=frozenset({"gbi"}))
    assert story.propose_base(by=dag).derived == ["BaseAsked"]


BOTH = msgspec.structs.replace(ADA, groups=frozenset({"credit", "approvers"}))
TWIN = Person(
    id=PersonId("ada2"), name="A.", groups=frozenset({"approvers"}), same_as=(PersonId("ada"),)
)
DECIDERS = {
    "who proposed it": (BOTH, "you proposed it"),
    "another account of who proposed it": (TWIN, "you proposed it"),
    "who is in no group": (OUT, "in no group that decides about PROD"),
}


@pytest.mark.parametrize(("person", "why"), DECIDERS.values(), ids=DECIDERS)
def test_nobody_agrees_to_it_who_may_not_decide_about_production(person, why):
    story = proposed().decide_base(person)
    assert why in story.refusal
    assert story.model.bases == {}


def test_nobody_agrees_to_it_who_had_a_hand_in_what_it_would_hide():
    story = proposed()
    story.contributors = Contributors(found=(hand("eve"),), problem="too many")
    assert "you wrote commit 5555555555" in story.decide_base(EVE).refusal


def test_nobody_agrees_to_it_while_nobody_can_say_who_had_a_hand():
    story = proposed()
    story.contributors = Contributors(problem="gone")
    assert "Nobody counted" in story.decide_base(EVE).refusal


def test_it_is_decided_once_and_an_old_card_agrees_to_nothing():
    story = proposed()
    old = story.model.base.id
    story.propose_base(by=BEN, commit="c" * 40)
    assert "out of date" in story.decide_base(EVE, base=old).refusal
    story.decide_base(EVE)
    assert "decided before: agreed by Eve" in story.decide_base(EVE).refusal


def test_nobody_agrees_by_way_of_another_release_in_which_they_had_no_hand():
    """A push to another branch came since: who had no hand in that one may have one in this."""
    story = proposed().push(2, "topic")
    story.contributors = Contributors(found=(hand("ada"),))
    assert "out of date" in story.decide_base(EVE).refusal
    assert story.model.bases == {}


def test_a_no_needs_its_reason():
    assert "needs a reason" in proposed().decide_base(EVE, yes=False, comment=" ").refusal


def test_who_proposed_it_does_not_approve_while_it_counts():
    """What lies before it is not looked at, and may be their own."""
    story = Story().push(1).to_registered()
    story.contributors = Contributors(found=(hand("ada"),))
    story.propose_base(by=BEN).decide_base(EVE).request(Stage.QA)
    assert "you proposed the base" in story.approve(BEN).refusal
    story.approve(EVE).finish(Step.PROMOTE, Promoted(version="1"), stage=Stage.QA)
    story.push(2, pusher="x").to_registered("2").request(Stage.QA)
    assert story.approve(BEN).refusal == ""


@pytest.mark.parametrize("declined", [False, True], ids=["an open one", "a declined one"])
def test_another_proposal_frees_nobody_while_the_agreed_one_counts(declined):
    story = Story().push(1).to_registered()
    story.contributors = Contributors(found=(hand("ada"),))
    story.propose_base(by=BEN).decide_base(EVE).propose_base(by=BEN, commit="c" * 40)
    if declined:
        story.decide_base(EVE, yes=False)
    assert "you proposed the base" in story.request(Stage.QA).approve(BEN).refusal


def test_what_an_approval_places_takes_its_place():
    story = proposed()
    story.contributors = Contributors(found=(hand("ada"),))
    story.decide_base(EVE).promoted(Stage.QA)
    assert story.model.bases == {Stage.QA: story.release.commit, Stage.PROD: BASE}
    assert story.model.agreed_base(Stage.PROD) == story.model.base is not None
    story.promoted(Stage.PROD)
    assert story.model.bases[Stage.PROD] == story.release.commit
    assert story.model.base is story.model.agreed_base(Stage.QA, Stage.PROD) is None
