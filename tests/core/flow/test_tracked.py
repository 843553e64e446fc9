"""A release that ends before it is registered has its run in the tracking server ended."""

import pytest

from core.jobs import EndTracking
from core.results import Ran
from core.words import Stage, Step
from tests.core.story import CHECKED, EVE, FAILED, VOID, Story


def trained() -> Story:
    return Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, Ran(run="r"))


ENDED = {
    "a failed step": lambda: trained().finish(Step.SCORE, FAILED),
    "a newer push": lambda: trained().push(2),
    "a newer push after a failure": lambda: trained().finish(Step.SCORE, FAILED).push(2),
    "a newer push over a stuck one": lambda: trained().bury().push(2),
    "a deleted branch": lambda: trained().delete_branch(2),
    "a rejection": lambda: Story().push(1).to_acceptance().accept(yes=False, reason="It is worse."),
    "a failed registration": lambda: (
        Story().push(1).to_acceptance().accept().finish(Step.REGISTER, FAILED)
    ),
}
GOES_ON = {
    "the gate": lambda: Story().push(1).push(2),
    "the first step": lambda: Story().push(1).finish(Step.CHECK, CHECKED),
    "what waits for the platform team": lambda: trained().bury(),
    "the end of all steps": lambda: Story().push(1).to_acceptance(),
    "what is registered and superseded": lambda: Story().push(1).to_registered().push(2),
}


@pytest.mark.parametrize("ended", ENDED)
def test_what_ends_a_release_ends_its_run_by_a_job_that_may_wait(ended):
    jobs = [job for job in ENDED[ended]().decision.jobs if isinstance(job, EndTracking)]

    assert [(job.release, job.lane) for job in jobs] == [("loan-1", "observe")]


@pytest.mark.parametrize("story", GOES_ON)
def test_what_has_no_run_or_goes_on_or_is_registered_has_nothing_to_end(story):
    assert not [job for job in GOES_ON[story]().decision.jobs if isinstance(job, EndTracking)]


def test_a_promotion_that_fails_leaves_the_run_that_its_version_came_from():
    story = (
        Story()
        .push(1)
        .to_registered()
        .request(Stage.QA)
        .approve(EVE)
        .finish(Step.PROMOTE, VOID, stage=Stage.QA)
    )

    assert not [job for job in story.decision.jobs if isinstance(job, EndTracking)]
