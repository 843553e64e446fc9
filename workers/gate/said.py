"""Builds results for checks that did not run, or did not finish."""

from typing import Final

from core.gate.checks import Check, CheckResult, Status

COULD_NOT_RUN: Final = "{what}. The check said nothing about this commit; tell GBI."
OFF: Final = "switched off by policy.yml"
LATER: Final = "its tool takes longer, and only the quick checks were asked for"
NOTHING: Final = "there is nothing of its kind in the repository"


def said(check: Check, status: Status, note: str) -> CheckResult:
    return CheckResult(
        check=check.id,
        title=check.title,
        owner=check.owner,
        priority=check.priority,
        mode=check.mode,
        status=status,
        note=note,
    )


def could_not_run(check: Check, note: str) -> CheckResult:
    return said(check, Status.COULD_NOT_RUN, note)
