"""Who had a hand in a release does not decide about it, under whatever name the hand is known."""

import msgspec
import pytest

from core.contributors import Contributor, Contributors, Part
from core.people import Person
from core.release.state import State
from core.results import Failed, Ran, Registered
from core.words import PersonId, Stage, Step
from tests.core.story import ADA, BEN, CHECKED, EVE, FAILED, OUT, Story

COMMIT = "5" * 40
PARTS = list(Part)


def hand(name="eve@example.org", part=Part.AUTHOR, **of) -> Contributor:
    return Contributor(name=name, part=part, commit=COMMIT, **of)


def counted(*found, **of) -> Contributors:
    return Contributors(base="", commits=1, found=found, **of)


def requested(contributors=None) -> Story:
    story = Story()
    if contributors is not None:
        story.contributors = contributors
    return story.push(1).to_registered().request(Stage.QA)


def approver(id_="eve", **of) -> Person:
    return Person(id=PersonId(id_), name="Eve", groups=frozenset({"approvers"}), **of)


@pytest.mark.parametrize("part", PARTS)
def test_whoever_had_a_hand_in_it_does_not_approve(part):
    story = requested(counted(hand("x@old.example", part, person=PersonId("eve")))).approve(EVE)
    assert f"you {part} commit 5555555555" in story.refusal
    assert story.derived == ["DecisionRefused"]
    assert story.release.state is State.AWAITING_APPROVAL


HUMANS = [
    ("by the id", hand("x@old.example", person=PersonId("eve")), approver()),
    ("by the id in another case", hand("x@old.example", person=PersonId("EVE")), approver()),
    ("by an address of theirs", hand("Eve@Example.org", is_nobody=True),
     approver("e2", emails=("eve@example.org",))),
    ("by an account of theirs", hand(r"BANK\eve", is_nobody=True),
     approver("e2", accounts=(r"bank\EVE",))),
    ("by a second account, linked at the author",
     hand("x@old.example", person=PersonId("e1"), same_as=(PersonId("eve"),)), approver()),
    ("by a second account, linked at the approver",
     hand("x@old.example", person=PersonId("e1")), approver(same_as=(PersonId("e1"),))),
]  # fmt: skip


@pytest.mark.parametrize(("how", "found", "person"), HUMANS, ids=[how for how, *_ in HUMANS])
def test_a_human_is_barred(how, found, person):
    assert "you wrote commit" in requested(counted(found)).approve(person).refusal


def test_who_rejects_has_had_no_hand_in_it_either():
    story = requested(counted(hand(person=PersonId("eve")))).approve(EVE, yes=False)
    assert "you wrote commit" in story.refusal


def test_the_pusher_does_not_approve():
    story = Story().push(1, pusher="ben").to_registered().request(Stage.QA).approve(BEN)
    assert "pushed this commit" in story.refusal


def test_the_requester_does_not_approve():
    boss = msgspec.structs.replace(ADA, groups=frozenset({"credit", "approvers"}))
    story = Story().push(1, pusher="x").to_acceptance().accept(BEN)
    story.finish(Step.REGISTER, Registered(version="1", artifact_digest="a"))
    assert "asked for QA" in story.request(Stage.QA, boss).approve(boss).refusal


def test_who_asked_for_another_stage_of_the_release_does_not_approve():
    story = Story().push(1, pusher="x").to_acceptance().accept(ADA)
    story.finish(Step.REGISTER, Registered(version="1", artifact_digest="a1"))
    story.request(Stage.QA, BEN).approve(EVE).finish(Step.PROMOTE, FAILED, stage=Stage.QA)
    story = Story().push(1, pusher="x").to_acceptance().accept(ADA)
    story.finish(Step.REGISTER, Registered(version="1", artifact_digest="a1"))
    story.request(Stage.QA, BEN).approve(EVE, yes=False, comment="not yet").request(Stage.QA, ADA)
    assert "asked for QA" in story.approve(BEN).refusal


def test_who_accepted_the_version_does_not_approve():
    story = Story().push(1, pusher="x").to_acceptance().accept(BEN)
    story.finish(Step.REGISTER, Registered(version="1", artifact_digest="a")).request(Stage.QA)
    assert "accepted this version" in story.approve(BEN).refusal


def test_somebody_of_no_group_that_decides_does_not_approve():
    assert "no group" in requested().approve(OUT).refusal


UNKNOWN = [part for part in PARTS if part is not Part.TRAILER]


@pytest.mark.parametrize("part", UNKNOWN)
def test_a_hand_that_nobody_knows_stops_the_request_and_says_who_makes_it_known(part):
    story = requested(counted(hand("who@elsewhere.example", part)))
    assert "Nobody knows who who@elsewhere.example is" in story.refusal
    assert "commit 5555555555" in story.refusal
    assert "people map who@elsewhere.example" in story.decision.refusal.who_can
    assert story.release.state is State.REGISTERED


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (r"service_principal\7d1f3c1e-2b60", "service principal"),
        (r"build\2f3d611a-f012", "build service"),
        (r"host_service\7d1f3c1e-2b60", "service of the host"),
    ],
)
def test_a_service_that_nobody_answers_for_stops_the_request_and_is_named_as_what_it_is(name, kind):
    story = requested(counted(hand(name, Part.PUSHER)))
    assert f"who answers for the {kind} {name}" in story.refusal
    assert "nobody REASON" not in story.decision.refusal.who_can
    assert story.release.state is State.REGISTERED


def test_of_several_unknown_hands_one_is_told_and_the_others_are_counted():
    unknown = [hand(f"{name}@elsewhere.example") for name in ("one", "two", "two", "three")]
    refusal = requested(counted(*unknown)).refusal
    assert "who one@elsewhere.example is" in refusal
    assert "nor 2 more" in refusal


def test_a_hand_without_any_address_stops_the_request_and_says_what_to_do():
    story = requested(counted(hand("")))
    assert "left no address" in story.refusal
    assert "git commit --amend" in story.decision.refusal.who_can


@pytest.mark.parametrize(
    "name", ["ren\ufffd@bank.example", "a\u200bb@bank.example", "a`b@bank.example", "x" * 400]
)
def test_an_address_that_nobody_can_map_is_answered_with_what_helps(name):
    story = requested(counted(hand(name)))
    assert "people map" not in story.decision.refusal.who_can
    assert "propose a `base`" in story.decision.refusal.who_can


def test_a_hand_that_becomes_unknown_after_the_request_stops_the_approval():
    story = requested(counted())
    story.contributors = counted(hand("who@elsewhere.example"))
    assert "Nobody knows who" in story.approve(EVE).refusal


def test_a_request_with_an_unknown_hand_can_still_be_rejected():
    story = requested(counted())
    story.contributors = counted(hand("who@elsewhere.example"))
    story.approve(EVE, yes=False, comment="who is that?")
    assert story.refusal == ""


def test_a_name_behind_which_is_nobody_stops_nothing():
    story = requested(counted(hand("bot@elsewhere.example", is_nobody=True))).approve(EVE)
    assert story.release.state is State.PROMOTING


def test_what_could_not_be_counted_stops_request_and_approval():
    assert "too many" in requested(counted(problem="too many")).refusal
    story = requested(counted())
    story.contributors = counted(problem="too many")
    assert "too many" in story.approve(EVE).refusal


def test_an_approval_without_anybody_counted_is_refused():
    story = requested(counted())
    asked = story.release.open_promotion()
    promotions = {asked.approval: msgspec.structs.replace(asked, contributors=None)}
    release = msgspec.structs.replace(story.release, promotions=promotions)
    story.model = msgspec.structs.replace(story.model, releases={release.id: release})
    story.contributors = None
    assert "Nobody counted" in story.approve(EVE).refusal


def test_who_was_counted_is_in_the_ledger_with_the_request_and_with_the_approval():
    story = requested(counted(hand(person=PersonId("ada")))).approve(EVE)
    told = {type(event).__name__: event for event in story.events}
    for kind in ("PromotionRequested", "PromotionApproved"):
        assert told[kind].contributors == story.contributors


@pytest.mark.parametrize("step", [Step.TRAIN, Step.SCORE, Step.EVALUATE])
def test_who_had_a_run_tried_again_is_a_trainer(step):
    story = Story().push(1).finish(Step.CHECK, CHECKED)
    order = [Step.TRAIN, Step.SCORE, Step.EVALUATE]
    for before in order[: order.index(step)]:
        story.finish(before, Ran(run="r"))
    story.finish(step, FAILED).retry(BEN)
    assert story.release.trainers == ("ada", "ben")
    for rest in order[order.index(step) :]:
        story.finish(rest, Ran(run="r", metrics={"auc": 0.7}))
    story.accept().finish(Step.REGISTER, Registered(version="1", artifact_digest="a"))
    assert "caused the training run" in story.request(Stage.QA).approve(BEN).refusal


NAMES = {"emails": "Ben@bank.example", "accounts": r"bank\ben", "same_as": "ben2"}


@pytest.mark.parametrize("kind", NAMES)
def test_a_trainer_who_has_another_id_by_now_is_barred_by_what_is_the_same(kind):
    ben = msgspec.structs.replace(BEN, **{each: (name,) for each, name in NAMES.items()})
    story = Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, FAILED).retry(ben)
    story.finish(Step.TRAIN, Ran(run="r")).finish(Step.SCORE, Ran(run="r"))
    story.finish(Step.EVALUATE, Ran(run="r", metrics={"auc": 0.7})).accept()
    story.finish(Step.REGISTER, Registered(version="1", artifact_digest="a")).request(Stage.QA)
    assert (
        "caused the training run" in story.approve(approver("b", **{kind: (NAMES[kind],)})).refusal
    )


def test_to_have_the_gate_or_a_promotion_tried_again_is_no_training():
    story = Story().push(1).finish(Step.CHECK, FAILED).retry(BEN)
    story.to_registered().request(Stage.QA).approve(EVE)
    story.finish(Step.PROMOTE, Failed(reason="the stage was down"), stage=Stage.QA).retry(BEN)
    assert story.release.trainers == ("ada",)


def test_a_retry_that_is_refused_bars_nobody():
    story = requested(counted()).retry(BEN)
    assert story.refusal
    assert story.release.trainers == ("ada",)
    assert story.approve(BEN).release.state is State.PROMOTING
