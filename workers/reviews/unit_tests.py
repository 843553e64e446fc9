"""The unit tests that the gate ran, out of the reports that are kept as evidence."""

import asyncio
from typing import Final

import msgspec

from core.errors import DECODE_ERRORS
from core.ports import Evidence, RanTest, TestOutcome, TestsOfCommit
from core.release.release import Release
from core.words import Step
from workers.gate.tool_reports import CaseOutcome, JUnitCase, UnreadableReportError, read_junit
from workers.gate.unit_testing.command import COVERAGE, JUNIT

CHECK: Final = "unit_tests"
OUTCOMES: Final = {
    CaseOutcome.PASSED: TestOutcome.PASSED,
    CaseOutcome.FAILED: TestOutcome.FAILED,
    CaseOutcome.ERROR: TestOutcome.FAILED,
    CaseOutcome.SKIPPED: TestOutcome.SKIPPED,
}


class _Totals(msgspec.Struct, frozen=True):
    covered_lines: int
    num_statements: int


class _Coverage(msgspec.Struct, frozen=True):
    """What coverage.py writes with ``coverage json``."""

    totals: _Totals


async def tests_of(release: Release, evidence: Evidence) -> TestsOfCommit | None:
    """Return the run of the newest attempt.

    None where no test ran here: what the repository's own pipeline ran is where it is shown.
    """
    run = release.steps.get(Step.CHECK)
    checks = (result for result in release.checks if result.check == CHECK)
    reports = next((result.reports for result in checks if JUNIT in result.reports), None)
    if run is None or reports is None:
        return None
    report = await evidence.read(reports[JUNIT])
    try:
        read = await asyncio.to_thread(read_junit, report)
    except UnreadableReportError:  # the gate itself has told so
        return None
    coverage = await evidence.read(reports[COVERAGE]) if COVERAGE in reports else b""
    covered, statements = _covered(coverage)
    return TestsOfCommit(
        name=f"{release.id}, attempt {run.attempt}",
        tests=tuple(map(_test, read.cases)),
        files={JUNIT: report, **({COVERAGE: coverage} if statements else {})},
        covered=covered,
        statements=statements,
    )


def _covered(data: bytes) -> tuple[int, int]:
    try:
        totals = msgspec.json.decode(data, type=_Coverage).totals
    except DECODE_ERRORS:
        return 0, 0
    is_sound = 0 <= totals.covered_lines <= totals.num_statements
    return (totals.covered_lines, totals.num_statements) if is_sound else (0, 0)


def _test(case: JUnitCase) -> RanTest:
    return RanTest(case.name, case.module, OUTCOMES[case.outcome], case.message, case.text)
