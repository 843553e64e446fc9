"""A JUnit report becomes a test run of its build, as the task PublishTestResults@2 makes one.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/publish-test-results-v2
"""

from typing import Any
from xml.etree import ElementTree as ET

from tests.peers.azure_devops.pipelines import Run
from tests.peers.azure_devops.test_runs import TestRun, ran

OUTCOMES = {"failure": "Failed", "error": "Failed", "skipped": "NotExecuted"}


def publish(run: Run, report: bytes) -> TestRun:
    """One test run for the whole report, with the report attached; the job's identity owns it."""
    cases = ET.fromstring(report).iter("testcase")  # noqa: S314  a test's own report
    results = [_result(case) | {"id": 100_000 + number} for number, case in enumerate(cases)]
    made = ran(run, results, by=run.agent, name=f"JUnit_TestResults_{run.number}")
    made.files["results.xml"] = [report]
    return made


def _result(case: ET.Element) -> dict[str, Any]:
    name, place = case.get("name", ""), case.get("classname", "")
    result = {
        "testCaseTitle": name,
        "automatedTestName": f"{place}.{name}" if place else name,
        "automatedTestStorage": place,
        "automatedTestType": "JUnit",
        "state": "Completed",
        "outcome": "Passed",
        "durationInMs": float(case.get("time", "0")) * 1000,
    }
    for child in case:
        if child.tag in OUTCOMES:
            told = {"errorMessage": child.get("message", ""), "stackTrace": child.text or ""}
            return result | told | {"outcome": OUTCOMES[child.tag]}
    return result
