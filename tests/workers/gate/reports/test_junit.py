"""The JUnit form: one test per check, as a pipeline publishes it."""

from xml.etree import ElementTree as ET

from core.policy import policy
from tests.workers.gate.reports.results import (
    ADVICE,
    BLOCKING,
    BROKEN,
    HOSTILE,
    PASSED,
    RESULTS,
    SILENT,
)
from workers.gate.reports import junit

RULES = policy(None)


def suite(*results, rules=RULES):
    [found] = ET.fromstring(junit(results, rules))  # noqa: S314 - what we wrote ourselves
    return found


def test_the_counts_are_those_of_the_cases():
    found = suite(*RESULTS)
    counts = {name: found.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "6", "failures": "2", "errors": "1", "skipped": "1"}
    assert found.get("time") == "0.500"


def test_what_blocks_fails_with_each_finding_at_its_place():
    [case] = suite(BLOCKING)
    failure = case.find("failure")
    assert failure.get("message") == "blocks run"
    assert failure.text.splitlines() == [
        "src/train.py:3: has none: define a top-level function train(data, params)",
        "src/my score.py: is missing: add <score> & | `evaluate`",
    ]


def test_advice_passes_and_is_told():
    [case] = suite(ADVICE)
    assert [part.tag for part in case] == ["system-out"]
    assert "src/a.py:1: unused import" in case.find("system-out").text


def test_what_policy_only_warns_about_passes_and_is_told():
    rules = policy({"checks": {"entry_points": {"mode": "warn"}}})
    assert suite(BLOCKING, rules=rules)[0].find("failure") is None


def test_what_was_not_checked_is_skipped_and_what_could_not_run_is_an_error():
    skipped, broken, passed = suite(SILENT, BROKEN, PASSED)
    assert skipped.find("skipped").get("message") == "there is no index here"
    assert broken.find("error").get("message") == "stopped after 60 s"
    assert len(passed) == 0


def test_what_xml_cannot_hold_is_replaced():
    [case] = suite(HOSTILE)
    assert "a�b�|c`.py:1: ]]> <!-- | x: ](http://evil) <script>�" in case.find("failure").text
