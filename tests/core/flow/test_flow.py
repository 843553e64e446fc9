"""The flow: what follows from what, told as stories."""

import msgspec
import pytest

from core.events.people import AcceptanceDecided
from core.events.workers import StepFinished
from core.jobs import CancelStep, EndTracking, RunStep, ShowReview
from core.policy import CheckRule, Policy
from core.release.state import State
from core.results import Promoted, Ran, Registered
from core.words import Stage, Step, Stream
from tests.core.story import (
    ADA,
    BEN,
    BROKEN,
    CHECKED,
    EVE,
    FAILED,
    OUT,
    RULEBASED,
    UNKNOWN_RELEASE,
    VOID,
    Story,
)


def test_a_push_opens_a_release_and_asks_for_the_check():
    story = Story().push(1)

    assert story.derived == ["ReleaseOpened", "StepPlanned"]
    assert isinstance(story.decision.jobs[0], RunStep)
    assert story.release.state is State.CHECKING


def test_an_older_push_that_arrives_late_changes_nothing():
    story = Story().push(2).push(1)

    assert story.derived == ["EventIgnored"]
    assert len(story.model.releases) == 1


def test_a_newer_push_supersedes_what_nobody_approved_and_cancels_its_run():
    story = Story().push(1).finish(Step.CHECK, CHECKED).push(2)

    assert story.model.releases["loan-1"].state is State.SUPERSEDED
    assert [type(job) for job in story.decision.jobs] == [CancelStep, RunStep, EndTracking]


def test_a_late_result_of_a_superseded_release_is_noted_only():
    story = Story().push(1)
    first = story.release.id
    story.push(2)
    story.tell(msgspec.structs.replace(_late_result(CHECKED), release=first))

    assert story.derived == ["EventIgnored"]
    assert story.model.releases[first].state is State.SUPERSEDED


def test_an_approved_release_survives_a_newer_push():
    story = Story().push(1).to_registered().request(Stage.QA).approve(EVE).push(2)

    assert story.model.releases["loan-1"].state is State.PROMOTING


def test_a_branch_that_is_not_the_release_branch_is_only_checked():
    story = Story().push(1, branch="try_it").finish(Step.CHECK, BROKEN)

    assert story.release.state is State.CHECKED
    assert [type(job) for job in story.decision.jobs] == [ShowReview]


def test_a_deleted_branch_ends_what_waited_there():
    story = Story().push(1, branch="try_it").delete_branch(2, branch="try_it")

    assert story.release.state is State.SUPERSEDED


def test_the_whole_way_to_production():
    story = Story().push(1).to_registered().promoted(Stage.QA).promoted(Stage.PROD)

    assert story.release.state is State.PLACED
    assert {s: h.version for s, h in story.model.holders.items()} == {"QA": "1", "PROD": "1"}
    assert story.model.champion is story.release


def test_a_rulebased_model_is_not_trained():
    story = Story().push(1).to_registered(checked=RULEBASED)

    assert story.release.state is State.REGISTERED
    assert "train" not in story.release.steps


def test_priority_one_findings_block_before_any_code_runs():
    story = Story().push(1).finish(Step.CHECK, BROKEN)

    assert story.release.state is State.BLOCKED
    assert "structure" in story.release.reason


@pytest.mark.parametrize("mode", ["warn", "off"])
def test_policy_may_let_a_check_warn_only(mode):
    policy = Policy(checks={"structure": CheckRule(mode=mode)})

    assert Story(policy=policy).push(1).finish(Step.CHECK, BROKEN).release.state is State.TRAINING


def test_a_name_that_another_repository_claimed_blocks_with_its_owner():
    story = Story()
    story.claims["loan_default"] = Stream("other_team")
    story.push(1).finish(Step.CHECK, CHECKED)

    assert story.release.state is State.BLOCKED
    assert "other_team" in story.release.reason


def test_a_renamed_model_blocks():
    story = Story().push(1).to_registered()
    story.push(2).finish(Step.CHECK, msgspec.structs.replace(CHECKED, model="another"))

    assert story.release.state is State.BLOCKED


def test_a_failed_step_is_retried_without_redoing_the_good_ones():
    story = Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, Ran(run="r"))
    story.finish(Step.SCORE, FAILED)
    assert story.release.state is State.FAILED

    story.retry(BEN)

    assert story.release.state is State.SCORING
    assert story.release.steps["score"].attempt == 2
    assert story.release.steps["train"].attempt == 1
    assert story.release.trainers == ("ada", "ben")


def test_a_result_of_an_earlier_attempt_changes_nothing():
    story = Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, FAILED).retry()
    story.finish(Step.TRAIN, Ran(run="r"), attempt=1)

    assert story.release.state is State.TRAINING


def test_a_result_that_does_not_fit_its_step_is_ignored():
    story = Story().push(1).finish(Step.CHECK, Promoted(version="1"))

    assert story.derived == ["EventIgnored"]
    assert story.release.state is State.CHECKING


def test_a_bug_marks_the_release_stuck_and_a_retry_goes_on():
    story = Story().push(1).finish(Step.CHECK, CHECKED).bury()
    assert story.release.state is State.STUCK

    assert story.retry().release.state is State.TRAINING


def test_a_rejected_version_ends_with_its_reason():
    story = Story().push(1).to_acceptance().accept(yes=False, reason="too few defaults")

    assert story.release.state is State.REJECTED
    assert "too few defaults" in story.release.reason


def test_a_decision_is_made_once():
    story = Story().push(1).to_registered().request(Stage.QA)
    approval = story.release.open_promotion().approval
    story.approve(EVE).approve(EVE, yes=False, approval=approval)

    assert "decided before: approved by Eve" in story.refusal
    assert story.release.state is State.PROMOTING


def test_an_old_card_decides_nothing_after_a_new_request():
    story = Story().push(1).to_registered().request(Stage.QA)
    old = story.release.open_promotion().approval
    story.approve(EVE, yes=False).request(Stage.QA).approve(EVE, approval=old)

    assert "out of date" in story.refusal


def test_a_newer_commit_voids_an_open_card():
    story = Story().push(1).to_registered().request(Stage.QA)
    event = _decision(story)
    story.push(2).tell(event)

    assert "void" in story.refusal
    assert "superseded by loan-2" in story.refusal


def test_a_rejection_needs_a_reason():
    story = Story().push(1).to_registered().request(Stage.QA).approve(EVE, yes=False, comment=" ")

    assert "needs a reason" in story.refusal


def test_production_comes_after_qa():
    assert "comes after QA" in Story().push(1).to_registered().request(Stage.PROD).refusal


def test_an_older_release_never_replaces_a_newer_one():
    story = Story().push(1).to_registered().promoted(Stage.QA)
    first = story.release.id
    story.push(2).to_registered("2").promoted(Stage.QA).promoted(Stage.PROD, "2")
    event = msgspec.structs.replace(_request(story, Stage.PROD), release=first)

    assert "newer loan-2" in story.tell(event).refusal


def test_what_was_moved_by_hand_and_never_approved_bars_no_older_release():
    """Nobody could give it up, and the one that was approved could not return."""
    story = Story().push(1).to_registered().promoted(Stage.QA)
    story.push(2).to_registered("2").push(3).observe(QA="2")

    assert story.request(Stage.QA, release="loan-1").refusal == ""


def test_a_stage_has_one_open_promotion():
    story = Story().push(1).to_registered().request(Stage.QA).approve(EVE)
    story.push(2).to_registered("2").request(Stage.QA)

    assert "loan-1 has an open promotion" in story.refusal


def test_a_changed_artifact_voids_the_approval_and_leaves_the_stage():
    story = Story().push(1).to_registered().request(Stage.QA).approve(EVE)
    story.finish(Step.PROMOTE, VOID, stage=Stage.QA)

    assert story.release.state is State.REGISTERED
    assert story.release.promotion_to(Stage.QA).outcome == "void"
    assert not story.model.holders


def test_a_failed_promotion_is_retried_under_the_same_approval():
    story = Story().push(1).to_registered().request(Stage.QA).approve(EVE)
    story.finish(Step.PROMOTE, FAILED, stage=Stage.QA).retry()
    story.finish(Step.PROMOTE, Promoted(version="1", rows=3), stage=Stage.QA)

    assert story.release.state is State.PLACED


@pytest.mark.parametrize("identity", ["local_unverified", "unknown", ""])
def test_only_a_verified_person_decides_where_it_is_not_local(identity):
    eve = msgspec.structs.replace(EVE, identity=identity)
    story = Story().push(1).to_registered().request(Stage.QA).approve(eve)

    assert "identity was not verified" in story.refusal


def test_a_picked_person_decides_where_everything_is_local():
    eve = msgspec.structs.replace(EVE, identity="local_unverified")
    story = Story(is_local=True).push(1).to_registered().request(Stage.QA).approve(eve)

    assert story.release.state is State.PROMOTING


def test_only_the_team_accepts_requests_and_retries():
    story = Story().push(1).to_acceptance()
    assert "Only members of credit" in story.accept(OUT).refusal
    story.accept().finish(Step.REGISTER, Registered(version="1", artifact_digest="a"))
    assert "Only members of credit" in story.request(Stage.QA, OUT).refusal


def test_an_unknown_release_is_refused_in_words():
    story = Story().push(1)
    event = AcceptanceDecided(
        id="x", time=story.now, release=UNKNOWN_RELEASE, by=ADA, accepted=True
    )

    assert "no release loan-99" in story.tell(event).refusal


def _late_result(result):
    return next(
        event
        for event in Story().push(1).finish(Step.CHECK, result).events
        if isinstance(event, StepFinished)
    )


def _decision(story):
    other = Story()
    other.model = story.model
    other.now = story.now
    return other.approve(EVE).events[0]


def _request(story, stage):
    other = Story()
    other.model = story.model
    return other.request(stage).events[0]
