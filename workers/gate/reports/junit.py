"""Writes the gate's answer as JUnit XML, so that a pipeline publishes each check as a test.

The format is that of Ant's JUnit task, which the task PublishTestResults of Azure Pipelines reads.
"""

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from core.gate.checks import CheckResult, Finding, Status
from core.policy import Policy

# XML 1.0 cannot hold these characters, not even as a reference.
NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ADVICE: Final = "Nothing to mend; to know:"


def junit(results: Sequence[CheckResult], policy: Policy) -> bytes:
    """Write one test suite; a check that blocks nowhere passes, and still says what it found."""
    suite = ET.Element("testsuite", name="sluss gate")
    for result in results:
        suite.append(_case(result, policy))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(results)))
    suite.set("time", f"{sum(result.seconds for result in results):.3f}")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode").encode()


def _case(result: CheckResult, policy: Policy) -> ET.Element:
    case = ET.Element("testcase", classname=f"sluss.{result.check}", name=_text(result.title))
    case.set("time", f"{result.seconds:.3f}")
    lines = "\n".join(_line(finding) for finding in result.findings)
    if result.status is Status.NOT_CHECKED:
        ET.SubElement(case, "skipped", message=_text(result.note))
    elif result.status is Status.COULD_NOT_RUN:
        ET.SubElement(case, "error", message=_text(result.note), type="could not run")
    elif gate := policy.blocked_gate(result):
        found = ET.SubElement(case, "failure", message=f"blocks {gate}", type=result.check)
        found.text = _text(lines)
    elif lines:
        ET.SubElement(case, "system-out").text = _text(f"{ADVICE}\n{lines}")
    return case


def _line(finding: Finding) -> str:
    return f"{finding.place()}: {finding.describe()}"


def _text(text: str) -> str:
    return NOT_XML.sub("�", text)
