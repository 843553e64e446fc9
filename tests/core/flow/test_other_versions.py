"""A worker that brings another version or artifact than the approved one places nothing."""

import pytest

from core.jobs import ObserveRegistry
from core.release.state import State
from core.results import Failed, Promoted, Ran, Registered
from core.words import Stage, Step
from tests.core.story import CHECKED, EVE, Story


def measured(digest: str = "a1") -> Story:
    story = Story().push(1).finish(Step.CHECK, CHECKED)
    story.finish(Step.TRAIN, Ran(run="run1", artifact_digest=digest))
    story.finish(Step.SCORE, Ran(run="run1", rows=10))
    return story.finish(
        Step.EVALUATE, Ran(run="run1", metrics={"auc": 0.7}, artifact_digest=digest)
    ).accept()


@pytest.mark.parametrize(
    "other",
    [Promoted(version="2", rows=5), Promoted(version="1", rows=5, artifact_digest="another")],
    ids=["another version", "another artifact"],
)
def test_another_version_than_the_approved_one_is_not_placed(other):
    story = Story().push(1).to_registered().request(Stage.QA).approve(EVE)
    story.finish(Step.PROMOTE, other, stage=Stage.QA)

    assert story.derived == ["StepFailed"]
    assert [type(job) for job in story.decision.jobs] == [ObserveRegistry]
    assert story.model.held(Stage.QA) == ""
    assert story.release.state is State.FAILED
    assert story.give_up(Stage.QA).release.state is State.REGISTERED


def test_another_artifact_than_the_measured_one_is_not_registered():
    story = measured().finish(Step.REGISTER, Registered(version="1", artifact_digest="another"))

    assert story.derived == ["StepFailed"]
    assert "another artifact than the one that was evaluated" in story.release.reason


def test_what_was_measured_is_registered():
    story = measured().finish(Step.REGISTER, Registered(version="1", artifact_digest="a1"))

    assert story.release.state is State.REGISTERED


def test_a_retry_goes_back_to_the_step_whose_work_was_in_vain():
    swapped = Failed(reason="swapped", retry_from=Step.TRAIN)
    story = measured().finish(Step.REGISTER, swapped)
    story.retry()

    assert story.release.state is State.TRAINING
    assert (story.release.steps["train"].attempt, story.release.steps["register"].attempt) == (2, 1)
    story.finish(Step.TRAIN, Ran(run="run1", artifact_digest="a2"))
    story.finish(Step.SCORE, Ran(run="run1", rows=1))
    story.finish(Step.EVALUATE, Ran(run="run1", metrics={"auc": 0.7}, artifact_digest="a2"))
    assert story.release.state is State.AWAITING_ACCEPTANCE


def test_a_result_that_does_not_fit_its_step_swaps_no_version():
    story = Story().push(1).to_registered("1").request(Stage.QA).approve(EVE)
    story.finish(Step.PROMOTE, Registered(version="9", artifact_digest="a9"), stage=Stage.QA)
    assert story.derived == ["EventIgnored"]
    assert story.release.registered.version == "1"
