"""The SARIF form: valid by the schema of the standard, and honest about what did not run."""

import json
from pathlib import Path

import jsonschema
import pytest

from core.policy import Policy
from tests.workers.gate.reports.results import (
    ADVICE,
    BLOCKING,
    BROKEN,
    HOSTILE,
    PASSED,
    RESULTS,
    SILENT,
)
from workers.gate.reports import sarif

PACKAGE = Path("web/renderer/node_modules/@microsoft/jest-sarif/lib/schemas")
SCHEMA = Path(__file__).parents[4] / PACKAGE / "sarif-2.1.0-rtm.5.json"


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(SCHEMA.read_text("utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def run(*results):
    [run] = json.loads(sarif(results, Policy()))["runs"]
    return run


@pytest.mark.parametrize("results", [(), (PASSED,), (HOSTILE,), RESULTS])
def test_every_answer_is_valid_by_the_schema(validator, results):
    validator.validate(json.loads(sarif(results, Policy())))


def test_the_schema_would_notice_a_mistake(validator):
    log = json.loads(sarif(RESULTS, Policy()))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not validator.is_valid(log)


def test_a_finding_has_its_place_and_what_to_do():
    first, second = run(BLOCKING)["results"]
    assert first["message"]["text"] == "has none: define a top-level function train(data, params)"
    place = first["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("src/train.py", {"startLine": 3})
    place = second["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "src/my%20score.py"
    assert "region" not in place


def test_what_blocks_is_an_error_and_advice_is_a_note():
    assert [found["level"] for found in run(BLOCKING, ADVICE)["results"]] == [
        "error",
        "error",
        "note",
    ]


def test_the_rules_tell_why_and_how_to_mend():
    [rule] = run(BLOCKING)["tool"]["driver"]["rules"]
    assert rule["id"] == "entry_points"
    assert rule["fullDescription"]["text"]


def test_what_could_not_run_is_no_clean_run():
    [invocation] = run(BROKEN, SILENT, PASSED)["invocations"]
    assert not invocation["executionSuccessful"]
    told = [
        (each["level"], each["message"]["text"])
        for each in invocation["toolExecutionNotifications"]
    ]
    assert told == [
        ("error", "bandit: could not run. stopped after 60 s"),
        ("note", "duplicates: not checked here. there is no index here"),
    ]


def test_a_finding_is_known_again_when_its_line_has_moved():
    moved = json.loads(json.dumps(run(BLOCKING)["results"]))
    assert moved[0]["partialFingerprints"] != moved[1]["partialFingerprints"]
    assert run(BLOCKING)["results"][0]["partialFingerprints"] == moved[0]["partialFingerprints"]
