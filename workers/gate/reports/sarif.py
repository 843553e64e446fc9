"""Writes the gate's answer as SARIF 2.1.0, which editors and code hosts show at the line.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import quote

import msgspec

from core.gate.checks import CheckResult, Finding, Status
from core.policy import Policy
from workers.gate.checks import CHECKS

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT: Final = "REPOSITORY"
KNOWN: Final = {check.id: check for check in CHECKS}


def sarif(results: Sequence[CheckResult], policy: Policy) -> bytes:
    """Write blocking findings as errors, other findings as warnings, and advice as notes."""
    found = [_result(result, finding, policy) for result in results for finding in result.findings]
    run = {
        "tool": {"driver": {"name": "Sluss", "rules": [_rule(result) for result in results]}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(results)],
        "results": found,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log))


def _rule(result: CheckResult) -> dict[str, Any]:
    check = KNOWN.get(result.check)
    rule: dict[str, Any] = {
        "id": result.check,
        "shortDescription": {"text": result.title},
        "properties": {"owner": result.owner, "priority": result.priority},
    }
    if check is not None and check.why:
        rule["fullDescription"] = {"text": check.why}
    if check is not None and check.mend:
        rule["help"] = {"text": check.mend}
    return rule


def _result(result: CheckResult, finding: Finding, policy: Policy) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.path), "uriBaseId": ROOT}}
    if finding.line:
        location["region"] = {"startLine": finding.line}
    described: dict[str, Any] = {
        "ruleId": result.check,
        "level": _level(result, finding, policy),
        "message": {"text": finding.describe()},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"sluss/v1": _fingerprint(result, finding)},
    }
    if finding.rule:
        described["properties"] = {"rule": finding.rule}
    return described


def _level(result: CheckResult, finding: Finding, policy: Policy) -> str:
    if finding.is_advice:
        return "note"
    return "error" if policy.blocked_gate(result) else "warning"


def _fingerprint(result: CheckResult, finding: Finding) -> str:
    """Hash everything but the line number, so that viewers know a finding again when it moves."""
    text = f"{result.check}\n{finding.path}\n{finding.rule}\n{finding.wrong}\n{finding.mend}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _invocation(results: Iterable[CheckResult]) -> dict[str, Any]:
    """Tell which checks could not run or were not run, so that nobody takes them for clean."""
    silent = {Status.COULD_NOT_RUN: "error", Status.NOT_CHECKED: "note"}
    told = [
        {
            "level": silent[result.status],
            "message": {"text": f"{result.check}: {result.status}. {result.note}"},
            "associatedRule": {"id": result.check},
        }
        for result in results
        if result.status in silent
    ]
    has_run = all(result.status is not Status.COULD_NOT_RUN for result in results)
    return {"executionSuccessful": has_run, "toolExecutionNotifications": told}
