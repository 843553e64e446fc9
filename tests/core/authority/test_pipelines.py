"""Who may let a pipeline go on: a rule's groups, and nobody who had a hand in what it brings."""

import msgspec
import pytest

from core.authority.acts import ApprovePipeline, RejectPipeline
from core.authority.evaluate import may
from core.authority.ruling import Condition
from core.checkpoint import CheckpointState
from core.contributors import Contributors, Part
from core.people import UNKNOWN, Person
from core.policy import Policy
from core.release.model import Model
from core.words import PLATFORM, PersonId
from tests.core.pipeline_story import RULES, RUN, PipelineStory, hands
from tests.core.story import ADA, BEN, EVE, OUT

PICKED = msgspec.structs.replace(EVE, identity="local_unverified")
GONE = msgspec.structs.replace(EVE, is_active=False)
SERVICE = Person(
    id=PersonId("service_principal\\5f0c1c1e-0000-4000-8000-000000000001"), name="Deployer",
    groups=frozenset({"approvers"}),
)  # fmt: skip


def ruled(story, person, *, yes=True, reason="no"):
    name = story.checkpoint.id
    act = (
        ApprovePipeline(checkpoint=name) if yes else RejectPipeline(checkpoint=name, reason=reason)
    )
    return may(person, act, Model(stream=PLATFORM), story.context)


def first(ruling):
    return next((part.about for part in ruling.parts if not part.is_met), None)


def story(counted=None, policy=None, *, is_local=False, **changes):
    made = PipelineStory(policy=policy, is_local=is_local)
    made.contributors = hands("ada") if counted is None else counted
    return made.waits(**changes)


@pytest.mark.parametrize(
    ("person", "told", "bar"),
    [
        (EVE, {}, None),
        (None, {}, None),
        (OUT, {}, Condition.GROUP),
        (ADA, {}, Condition.GROUP),
        (BEN, {"counted": hands("ben")}, Condition.FOUR_EYES),
        (EVE, {"counted": hands("ada", unknown=("x@y",))}, Condition.CONTRIBUTORS),
        (EVE, {"counted": Contributors(problem="too many")}, Condition.CONTRIBUTORS),
        (EVE, {"environment": "PRODUCTION "}, None),
        (EVE, {"project_name": "LENDING"}, None),
        (EVE, {"environment": "test"}, Condition.GROUP),
        (EVE, {"environment": ""}, Condition.GROUP),
        (EVE, {"project_name": ""}, Condition.GROUP),
        (EVE, {"project_name": "payments"}, Condition.GROUP),
        (EVE, {"policy": Policy()}, Condition.GROUP),
        (EVE, {"policy": Policy(pipelines={"lending": {"production": ()}})}, Condition.GROUP),
        (EVE, {"policy": Policy(pipelines={"lending": {"production": (" ",)}})}, Condition.GROUP),
        (PICKED, {}, Condition.IDENTITY),
        (PICKED, {"is_local": True}, None),
        (UNKNOWN, {"is_local": True}, Condition.IDENTITY),
        (GONE, {"is_local": True}, Condition.IDENTITY),
        (SERVICE, {}, Condition.IDENTITY),
    ],
)
def test_who_may_approve(person, told, bar):
    assert first(ruled(story(**told), person)) == bar


def test_without_a_rule_it_is_said_where_to_decide():
    ruling = ruled(story(environment="test"), EVE)
    assert ruling.reason == (
        "policy.yml has no rule for the environment 'test' of the project 'lending', so that "
        "nobody decides about it here. Nothing was decided."
    )
    assert "Decide it in Azure DevOps" in ruling.who_can
    assert "`pipelines` in policy.yml" in ruling.who_can


def test_a_rule_without_groups_lets_nobody_decide():
    empty = Policy(pipelines={"lending": {"production": ()}})
    for person in (EVE, None):
        assert ruled(story(policy=empty), person).who_can.startswith("Nobody can")


def test_who_had_the_run_started_is_told_why_not():
    started = Contributors(
        found=(msgspec.structs.replace(hands("eve").found[0], part=Part.STARTER),)
    )
    ruling = ruled(story(started), EVE)
    assert ruling.reason == "You may not decide about this: you started a run of commit bbbbbbbbbb."
    assert ruling.who_can == "A member of approvers can who had no hand in it."


def test_a_rejection_needs_four_eyes_and_a_reason_and_nobody_else_known():
    assert first(ruled(story(hands("ben")), BEN, yes=False)) == Condition.FOUR_EYES
    assert first(ruled(story(), EVE, yes=False, reason=" ")) == Condition.WORDS
    assert ruled(story(hands("ada", unknown=("x@y",))), EVE, yes=False).is_met


def test_an_unknown_hand_is_named_with_who_can_map_it():
    policy = Policy(pipelines=RULES, platform_team=("gbi",))
    ruling = ruled(story(hands("ada", unknown=("x@y.example",)), policy), EVE)
    assert "Nobody knows who x@y.example is" in ruling.reason
    assert "A member of gbi maps it: `people map x@y.example PERSON`" in ruling.who_can


def test_uncounted_nobody_can_be_told_apart_but_a_card_may_show_its_buttons():
    waiting = PipelineStory()
    waiting.contributors = None
    waiting.waits()
    assert first(ruled(waiting, EVE)) == Condition.CONTRIBUTORS
    assert ruled(waiting, None).is_met


@pytest.mark.parametrize("state", [each for each in CheckpointState if each != "pending"])
def test_what_is_over_at_the_host_is_open_to_nobody(state):
    over = story().seen(state=state, closed_by="Stig")
    ruling = ruled(over, EVE)
    assert first(ruling) == Condition.OPEN
    assert ("Stig" in ruling.reason) == (state in {"approved", "rejected"})


def test_what_was_decided_here_names_who_did():
    ruling = ruled(story().say(EVE), BEN)
    assert ruling.reason == (
        "This was decided before: approved by Eve. Nothing was decided a second time."
    )


def test_there_is_no_such_pipeline():
    act = ApprovePipeline(checkpoint="approval/x/y")
    ruling = may(EVE, act, Model(stream=PLATFORM), PipelineStory().context)
    assert first(ruling) == Condition.OPEN


def test_commits_of_one_environment_count_for_no_other():
    places = {
        msgspec.structs.replace(RUN, **change).place
        for change in (
            {}, {"environment": "test"}, {"pipeline": 38}, {"repository": "other"},
            {"project": "other"},
        )
    }  # fmt: skip
    assert len(places) == 5
    assert msgspec.structs.replace(RUN, environment=" PRODUCTION").place in places
