"""What was logged, is measured and is registered is one thing: a swap in between is told."""

import msgspec
import pytest

from core.artifact import Artifact
from core.ports import RunLook, RunOutcome, RunState
from core.results import Failed, Ran, Registered
from core.words import Step
from tests.core.story import ADA, CHECKED, FAILED, RULEBASED, Story
from tests.workers.steps.outside import SOURCES, carrying

TRAINED = Ran(run="run1", data_fingerprint="d1", artifact_digest="a1")
SCORED = Ran(run="run1", rows=10)
MEASURED = Ran(run="run1", metrics={"auc": 0.7}, artifact_digest="a1")


def ended(digest: str = "") -> RunLook:
    outcome = RunOutcome(rows=5, metrics={"auc": 0.7}, artifact_digest=digest)
    return RunLook(state=RunState.SUCCEEDED, outcome=outcome)


def scored(trained: Ran = TRAINED) -> Story:
    story = Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, trained)
    return story.finish(Step.SCORE, SCORED)


def accepted(trained: Ran = TRAINED, measured: Ran = MEASURED) -> Story:
    return scored(trained).finish(Step.EVALUATE, measured).accept(ADA)


async def test_who_logs_notes_which_model(step_bench):
    await step_bench.told(Story().push(1).finish(Step.CHECK, CHECKED))
    step_bench.outside.end = ended()

    assert (await step_bench.look()).artifact_digest == "a1"


async def test_a_rule_based_model_is_logged_when_it_scores(step_bench):
    await step_bench.told(Story().push(1).finish(Step.CHECK, RULEBASED))
    step_bench.outside.end = ended()

    assert (await step_bench.look()).artifact_digest == "a1"


async def test_what_was_measured_is_noted(step_bench):
    await step_bench.told(scored())
    step_bench.outside.end = ended("a1")

    assert (await step_bench.look()).artifact_digest == "a1"


@pytest.mark.parametrize(
    ("logged", "told"),
    [("another", ""), ("another", "another"), ("a1", "another"), ("another", "a1")],
    ids=["swapped", "swapped before it ran", "swapped and put back", "swapped after it ran"],
)
async def test_a_model_that_was_swapped_before_it_was_measured_does_not_count(
    step_bench, logged, told
):
    await step_bench.told(scored())
    step_bench.outside.model = carrying(digest=logged)
    step_bench.outside.end = ended(told)

    failed = await step_bench.look()
    assert isinstance(failed, Failed)
    assert failed.retry_from is Step.TRAIN
    assert "is not the one that train logged: somebody replaced it in between" in failed.reason


async def test_what_a_score_says_that_it_loaded_is_compared_too(step_bench):
    await step_bench.told(Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, TRAINED))
    step_bench.outside.end = ended("another")

    assert (await step_bench.look()).retry_from is Step.TRAIN


async def test_what_was_measured_is_registered(step_bench):
    await step_bench.told(accepted())

    assert await step_bench.look() == Registered(version="1", artifact_digest="a1")
    assert step_bench.outside.tags["sluss.data_fingerprint"] == "d1"


SPOILT = {
    "swapped": (carrying(digest="another"), "is not the one that train logged"),
    "code that the run has changed": (
        carrying({**SOURCES, "src/score.py": b"raise SystemExit"}),
        "src/score.py is another than in the commit",
    ),
    "code that nobody pushed": (
        carrying({**SOURCES, "src/sitecustomize.py": b""}),
        "src/sitecustomize.py is not in the commit",
    ),
    "a module that is missing": (
        carrying({path: text for path, text in SOURCES.items() if path != "src/score.py"}),
        "src/score.py is missing",
    ),
    "no code at all": (Artifact(digest="a1"), "carries none of the code of the commit"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
async def test_what_is_spoilt_is_not_registered_and_starts_again_where_it_is_logged(
    step_bench, spoilt
):
    await step_bench.told(accepted())
    step_bench.outside.model, words = SPOILT[spoilt]

    failed = await step_bench.look()
    assert words in failed.reason
    assert failed.retry_from is Step.TRAIN
    assert step_bench.outside.tags == {}


async def test_a_version_that_was_there_already_and_is_another_is_told(step_bench):
    await step_bench.told(accepted())
    step_bench.outside.registered = Registered(version="3", artifact_digest="another")

    failed = await step_bench.look()
    assert "Version 3 of loan_default has this release's tag and is not what was" in failed.reason
    assert failed.retry_from is None


@pytest.mark.parametrize("step", [Step.EVALUATE, Step.REGISTER])
async def test_what_an_earlier_version_did_not_note_is_unknown_and_done_again(step_bench, step):
    before = msgspec.structs.replace(TRAINED, artifact_digest="")
    measured = msgspec.structs.replace(MEASURED, artifact_digest="")
    at_register = step is Step.REGISTER
    await step_bench.told(accepted(before, measured) if at_register else scored(before))
    step_bench.outside.end = ended()

    failed = await step_bench.look()
    assert "Nobody noted which model train logged" in failed.reason
    assert failed.retry_from is Step.TRAIN


AGAIN = {
    Step.TRAIN: lambda: Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, FAILED),
    Step.SCORE: lambda: Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, TRAINED)
    .finish(Step.SCORE, FAILED),
    Step.EVALUATE: lambda: scored().finish(Step.EVALUATE, FAILED),
}  # fmt: skip


@pytest.mark.parametrize("step", AGAIN)
async def test_a_retry_goes_on_with_the_run_which_is_shown_as_running_and_then_as_finished(
    step_bench, step
):
    await step_bench.told(AGAIN[step]().retry())
    for _ in range(2):
        await step_bench.look()
    assert step_bench.outside.marked == ["RUNNING"]
    step_bench.outside.end = ended("a1")

    assert (await step_bench.look()).run == "run1"
    assert step_bench.outside.marked == ["RUNNING", "FINISHED"]


async def test_a_registration_that_is_tried_again_shows_the_run_as_finished(step_bench):
    await step_bench.told(accepted().finish(Step.REGISTER, FAILED).retry())

    assert isinstance(await step_bench.look(), Registered)
    assert step_bench.outside.marked == ["FINISHED"]
