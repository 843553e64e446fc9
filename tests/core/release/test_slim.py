"""A final release is slim in the state, whenever it was made so, and says what others ask of it."""

import random

import msgspec
import pytest

from core.gate.checks import CheckResult, Finding, Measure, Status
from core.release.model import Model
from core.release.slim import grown, slim
from core.results import Checked, Failed, Ran, Registered
from core.words import Stage, Step, Stream
from tests.core.flow.test_states import sensibly, step
from tests.core.story import AUTHORED, EVE, Story

FIGURES = (Measure("tests", 12.0), Measure("coverage", 0.8, "%"))
TESTED = CheckResult(
    check="unit_tests", title="The tests pass", owner="model developer", priority=4,
    status=Status.FOUND, findings=tuple(Finding(f"tests/{n}.py", "mend it") for n in range(30)),
    note="a long tale", measures=FIGURES, reports={"junit.xml": "sha256:1"},
)  # fmt: skip
PLAIN = CheckResult(
    check="structure", title="Structure", owner="GBI", priority=4, status=Status.FOUND,
    findings=(Finding("README.md", "add README.md"),),
)  # fmt: skip
RICH = msgspec.structs.replace(
    AUTHORED, checks=(PLAIN, TESTED), libraries=("numpy==2.0",) * 50,
    variables={"CATEGORY": "retail"}, report="sha256:2", reports={"gate.json": "sha256:3"},
)  # fmt: skip

UNSIGNED = msgspec.structs.replace(RICH, authors=())  # so that Eve may approve it


def superseded_at(step_by_step) -> Story:
    """Its release is superseded when it has come so far, and then hears of more."""
    return step_by_step(Story().push(1)).push(2)


def ended_while_it_registers() -> Story:
    return Story().push(1).to_acceptance(RICH).accept().delete_branch(2)


STORIES = [
    superseded_at(lambda story: story),
    superseded_at(lambda story: story.report(PLAIN, TESTED, waiting=("slow",))),
    superseded_at(lambda story: story.finish(Step.CHECK, RICH)),
    superseded_at(lambda story: story.finish(Step.CHECK, RICH).finish(Step.TRAIN, Ran(run="r"))),
    superseded_at(lambda story: story.to_acceptance(RICH)),
    superseded_at(lambda story: story.to_registered("1", RICH).request(Stage.QA)),
    ended_while_it_registers().finish(Step.REGISTER, Registered(version="1", artifact_digest="a")),
    ended_while_it_registers().finish(Step.REGISTER, Failed(reason="the registry says no")),
    Story().push(1, branch="try_it").finish(Step.CHECK, RICH),
    Story().push(1).to_acceptance(RICH).accept(yes=False, reason="too few rows"),
]


def whole(story: Story) -> Model:
    """What was made slim at the end alone."""
    releases = {key: slim(release) for key, release in story.model.releases.items()}
    return msgspec.structs.replace(story.model, releases=releases)


def one_by_one(story: Story) -> Model:
    model = Model(stream=Stream("loan"))
    for event in story.events:
        model = grown(model, [event])
    return model


@pytest.mark.parametrize("story", STORIES)
def test_it_does_not_matter_when_a_release_is_made_slim(story):
    assert one_by_one(story) == grown(Model(stream=Stream("loan")), story.events) == whole(story)


@pytest.mark.parametrize("seed", range(40))
def test_it_does_not_matter_on_any_walk(seed):
    chance = random.Random(seed)  # noqa: S311 - a walk, no secret
    for story, (action, person, number) in sensibly(chance, 60):
        step(story, action, person, number)

    assert one_by_one(story) == whole(story)
    live = [found.id for found in story.model.releases.values() if not found.is_final]
    assert [found.id for found in story.model.live()] == live


@pytest.mark.parametrize(
    "late",
    [RICH, Failed(reason="a bug", log="sha256:4"), Ran(run="r", metrics={"auc": 0.5})],
)
def test_a_late_result_leaves_it_slim(late):
    story = Story().push(1)
    first = story.release.id
    story.finish(Step.CHECK, RICH).push(2)
    event = msgspec.structs.replace(
        next(found for found in story.events if hasattr(found, "result")),
        id="late", step=Step.TRAIN, release=first, result=late,
    )  # fmt: skip
    planned = msgspec.structs.replace(
        next(found for found in story.events if type(found).__name__ == "StepPlanned"),
        id="planned", step=Step.TRAIN, release=first,
    )  # fmt: skip
    model = grown(Model(stream=Stream("loan")), [*story.events, planned, event])
    assert model.releases[first] == slim(model.releases[first])


def test_its_findings_are_gone_and_what_others_ask_of_it_is_there():
    story = Story().push(1).to_acceptance(RICH, auc=0.9).accept(yes=False, reason="too few rows")
    kept = one_by_one(story).releases["loan-1"]

    assert len(msgspec.msgpack.encode(kept)) < 2500 < len(msgspec.msgpack.encode(story.release))
    assert not any(check.findings or check.reports or check.note for check in kept.checks)
    assert kept.checks[0].measures == FIGURES
    assert kept.metrics == {"auc": 0.9}
    assert (kept.model, kept.team, kept.reason) == ("loan_default", "credit", "Ada: too few rows")
    assert kept.authors == RICH.authors
    assert kept.checked.pull_request_creators == ("ben",)
    assert kept.checked.libraries == ()


def test_a_version_that_may_come_to_hold_a_stage_can_still_be_compared_with():
    story = Story().push(1).to_registered("7", RICH).push(2).observe(PROD="7")
    champion = one_by_one(story).champion

    assert champion.is_final
    assert champion.checked.libraries == RICH.libraries
    assert champion.checked.variables == RICH.variables
    assert champion.registered == Registered(version="7", artifact_digest="a7")


def test_a_release_that_is_not_final_keeps_everything():
    story = Story().push(1).to_registered("1", UNSIGNED).promoted(Stage.QA)
    story.request(Stage.PROD).approve(EVE)

    assert one_by_one(story) == story.model


def test_a_gate_that_brought_no_figures_is_still_known_to_have_spoken():
    checked = Checked(checks=(PLAIN, PLAIN), model="loan_default", team="credit")
    story = Story().push(1, branch="try_it").finish(Step.CHECK, checked)

    [kept] = one_by_one(story).newest().checks
    assert (kept.check, kept.findings) == ("structure", ())
