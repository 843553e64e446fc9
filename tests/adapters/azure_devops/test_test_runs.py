"""Tests of a commit: ours become one test run, and the pipeline's are read as a report of it."""

import json
import re
from pathlib import Path

import pytest

from adapters.azure_devops.pipeline_tests import OF_THE_GATE, UNIT_TESTS
from core.errors import StepFailedError
from core.ports import RanTest, TestOutcome, TestsOfCommit
from tests.adapters.azure_devops.reviewed_world import AzureReviewed
from tests.peers.azure_devops import AzureDevOpsPeer, faults
from tests.peers.azure_devops.builds import built
from tests.peers.azure_devops.test_runs import coverage_of, ran, runs_of
from workers.gate.tool_reports import read_junit

ROOT = Path(__file__).parents[3]
FILES = {"junit.xml": b"<testsuites/>", "coverage.json": b"{}"}
PASSED = {
    "testCaseTitle": "test_a",
    "automatedTestName": "tests.test_m.test_a",
    "outcome": "Passed",
}


@pytest.fixture
async def world(tmp_path):
    async with AzureDevOpsPeer(tmp_path) as devops:
        made = AzureReviewed(devops)
        yield made
        await made.close()


def a_run(number=3, **more):
    several = tuple(RanTest(f"test_{each}", "tests.test_m") for each in range(number))
    return TestsOfCommit(**{"name": "churn-1, attempt 1", "tests": several, "files": FILES, **more})


async def published(world, commit, what):
    mark = world.devops.calls.mark()
    await world.reviews.publish_tests(world.repository, commit, what)
    return world.devops.calls.since(mark).writes


async def test_a_run_has_every_result_and_is_ended(world):
    commit = world.commit({"a": b"1"})
    several = (
        RanTest("test_a", "tests.test_m"),
        RanTest("test_b", "tests.test_m", TestOutcome.FAILED, "assert 1 == 2", "the trace"),
        RanTest("test_c", "", TestOutcome.SKIPPED, "later"),
    )

    await published(world, commit, a_run(tests=several))

    [run] = runs_of(world.churn.project)
    assert (run.name, run.state) == ("sluss/tests churn-1, attempt 1", "Completed")
    told = [
        (each["automatedTestName"], each["outcome"], each.get("errorMessage"))
        for each in run.results
    ]
    assert told == [
        ("tests.test_m.test_a", "Passed", None), ("tests.test_m.test_b", "Failed", "assert 1 == 2"),
        ("test_c", "NotExecuted", "later"),
    ]  # fmt: skip
    assert run.files == {name: [content] for name, content in FILES.items()}
    assert commit in run.comment


async def test_many_results_are_added_some_at_a_time(world):
    commit = world.commit({"a": b"1"})

    assert await published(world, commit, a_run(2_500)) == 1 + 3 + 2 + 1

    [run] = runs_of(world.churn.project)
    assert [each["testCaseTitle"] for each in run.results] == [f"test_{n}" for n in range(2_500)]


async def test_the_same_run_again_writes_nothing_and_another_attempt_is_another_run(world):
    commit = world.commit({"a": b"1"})
    await published(world, commit, a_run())

    assert await published(world, commit, a_run()) == 0
    await published(world, commit, a_run(name="churn-1, attempt 2"))
    assert len(runs_of(world.churn.project)) == 2


async def test_a_run_of_our_name_by_somebody_else_is_not_ours(world):
    commit = world.commit({"a": b"1"})
    ran(built(world.churn, commit), [], by=world.ben, name="sluss/tests churn-1, attempt 1")

    assert await published(world, commit, a_run()) > 0


async def test_coverage_is_shown_at_the_build_of_the_commit_and_said_in_the_run(world):
    commit = world.commit({"a": b"1"})
    build = built(world.churn, commit)

    await published(world, commit, a_run(covered=8, statements=10))

    assert coverage_of(build)["Statements"]["covered"] == 8
    [run] = runs_of(world.churn.project)
    assert run.build is build
    assert run.comment.endswith("They cover 8 of 10 statements (80.0 %).")


async def test_without_a_build_the_coverage_stands_in_the_run_alone(world):
    commit = world.commit({"a": b"1"})
    other = built(world.churn, "f" * 40)

    await published(world, commit, a_run(covered=8, statements=10))

    [run] = runs_of(world.churn.project)
    assert (run.build, coverage_of(other)) == (None, {})
    assert "8 of 10" in run.comment


async def report(world, commit):
    found = await world.reviews.test_report(world.repository, commit)
    return (
        None
        if found is None
        else [(each.name, str(each.outcome)) for each in read_junit(found).cases]
    )


@pytest.mark.parametrize("is_turned_round", [False, True])
async def test_the_newest_build_of_a_pipeline_counts(world, *, is_turned_round):
    if is_turned_round:
        world.devops.faults.on("GET", "/builds", faults.turned_round())
    commit = world.commit({"a": b"1"})
    ran(built(world.churn, commit), [{**PASSED, "outcome": "Failed"}], by=world.anna)
    ran(built(world.churn, commit), [PASSED], by=world.anna)

    assert await report(world, commit) == [("test_a", "passed")]


OUTCOMES = {
    "Passed": "passed", "Failed": "failure", "Error": "failure", "Timeout": "failure",
    "Aborted": "failure", "Blocked": "failure", "NotExecuted": "skipped", "NotApplicable": "skipped",
    "SomethingNew": "failure", None: "failure",
}  # fmt: skip


@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_only_what_passed_has_passed(world, outcome):
    commit = world.commit({"a": b"1"})
    result = {**PASSED, "outcome": outcome, "errorMessage": "no\x00 <b>"}
    ran(built(world.churn, commit), [result], by=world.anna)

    assert await report(world, commit) == [("test_a", OUTCOMES[outcome])]


NOT_COUNTED = {
    "another commit's": {"commit": "f" * 40},
    "one that does not say of which commit": {"commit": None},
    "one that still runs": {"status": "inProgress", "result": None},
    "one that was ended": {"result": "canceled"},
    "one without a result": {"result": None},
}


@pytest.mark.parametrize("which", NOT_COUNTED)
async def test_a_build_that_does_not_count_has_no_report(world, which):
    commit = world.commit({"a": b"1"})
    made = built(world.churn, **{"commit": commit, **NOT_COUNTED[which]})
    ran(made, [PASSED], by=world.anna)

    assert await report(world, commit) is None


async def test_a_build_of_the_same_commit_in_another_repository_does_not_count(world):
    commit = world.commit({"a": b"1"})
    other = world.devops.projects[0].repository("other")
    ran(built(other, commit), [PASSED], by=world.anna)

    assert await report(world, commit) is None


async def test_a_run_that_names_another_build_is_no_word_of_this_one(world):
    """A host may not know the filter, and list all that there is."""
    commit = world.commit({"a": b"1"})
    built(world.churn, commit)
    other = ran(built(world.churn, "f" * 40), [PASSED], by=world.anna)
    run = {"id": other.number, "name": "Unit tests", "state": "Completed"}
    listed = {"count": 1, "value": [{**run, "build": {"id": str(other.build.number)}}]}
    page = faults.answer(200, json.dumps(listed), content_type="application/json")
    world.devops.faults.on("GET", "/test/runs$", page)

    assert await report(world, commit) is None


async def test_a_build_without_tests_leaves_the_word_to_another_pipeline(world):
    commit = world.commit({"a": b"1"})
    ran(built(world.churn, commit, pipeline=1), [PASSED], by=world.anna)
    built(world.churn, commit, pipeline=2)

    assert await report(world, commit) == [("test_a", "passed")]


async def test_a_run_that_nobody_ended_may_hide_what_failed(world):
    commit = world.commit({"a": b"1"})
    ran(built(world.churn, commit), [PASSED], by=world.anna, state="InProgress")

    assert await report(world, commit) is None


async def test_what_we_published_is_no_word_of_the_pipeline(world):
    commit = world.commit({"a": b"1"})
    built(world.churn, commit)
    await published(world, commit, a_run())

    assert await report(world, commit) is None


async def test_several_runs_of_a_build_are_one_report(world):
    commit = world.commit({"a": b"1"})
    build = built(world.churn, commit)
    ran(build, [PASSED], by=world.anna)
    ran(build, [{**PASSED, "testCaseTitle": "test_b", "outcome": "Failed"}], by=world.anna)

    assert await report(world, commit) == [("test_a", "passed"), ("test_b", "failure")]


async def test_more_results_than_are_read_count_for_nothing(world):
    commit = world.commit({"a": b"1"})
    ran(built(world.churn, commit), [PASSED] * 20_000, by=world.anna)

    with pytest.raises(StepFailedError, match="has more than 20,000 test results"):
        await report(world, commit)


async def test_more_results_than_are_read_count_for_nothing_in_several_runs_either(world):
    commit = world.commit({"a": b"1"})
    build = built(world.churn, commit)
    for _ in range(2):
        ran(build, [PASSED] * 10_000, by=world.anna)

    with pytest.raises(StepFailedError, match="has more than 20,000 test results"):
        await report(world, commit)


async def test_more_runs_than_are_read_are_not_asked_for(world):
    commit = world.commit({"a": b"1"})
    build = built(world.churn, commit)
    for _ in range(101):
        ran(build, [PASSED], by=world.anna)

    with pytest.raises(StepFailedError, match="has more than 100 test runs"):
        await report(world, commit)
    assert len(world.devops.calls.to("GET", "/results$")) == 0


async def test_thousands_of_results_are_read_page_by_page(world):
    commit = world.commit({"a": b"1"})
    ran(built(world.churn, commit), [PASSED] * 2_000, by=world.anna)

    found = await report(world, commit)
    assert len(found) == 2_000


async def test_of_our_template_pytests_own_run_counts_and_the_gates_does_not(world):
    """infra/azure_pipelines/template_ci_unit_tests.yml publishes both."""
    commit = world.commit({"a": b"1"})
    build = built(world.churn, commit)
    check = {"testCaseTitle": "The unit tests pass", "automatedTestName": "sluss.unit_tests.x"}
    ran(build, [{**check, "outcome": "Failed"}], by=world.anna, name="Sluss, unit tests")
    assert await report(world, commit) is None

    ran(build, [{**PASSED, "outcome": "Failed"}], by=world.anna, name="Integration")
    ran(build, [PASSED], by=world.anna, name="Unit tests")
    assert await report(world, commit) == [("test_a", "passed")]


async def test_unit_tests_of_an_older_pipeline_come_before_other_tests_of_a_newer_one(world):
    commit = world.commit({"a": b"1"})
    ran(built(world.churn, commit, pipeline=1), [PASSED], by=world.anna, name="Unit tests")
    slow = {**PASSED, "testCaseTitle": "slow"}
    ran(built(world.churn, commit, pipeline=2), [slow], by=world.anna, name="Nightly")

    assert await report(world, commit) == [("test_a", "passed")]


def test_the_titles_are_those_of_our_template():
    template = (ROOT / "infra/azure_pipelines/template_ci_unit_tests.yml").read_text()
    titles = re.findall(r"testRunTitle: (.*)", template)

    assert [title.casefold() == UNIT_TESTS for title in titles] == [False, True]
    assert titles[0].casefold().startswith(OF_THE_GATE)
