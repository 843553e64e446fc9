"""The check ``unit_tests``: the model's own tests, in the sandbox and the model's environment."""

import math
import re
import signal
from collections.abc import Iterator
from typing import Final

import msgspec

from core.count import count
from core.errors import DECODE_ERRORS
from core.gate.checks import BOTH, Finding, Found, Measure, ModelRepo, Note, tool_check
from core.gate.facts import CheckFacts
from core.gate.tools import Output, Stopped
from core.gate.variables import model_settings
from workers.gate.tool_reports import CaseOutcome, JUnitReport, UnreadableReportError, read_junit
from workers.gate.unit_testing.command import (
    ATTEMPTS,
    COVERAGE,
    JUNIT,
    PROGRESS,
    command,
    is_accepted,
    mark,
    tests_folder,
)
from workers.gate.unit_testing.failures import failures, mend, place, reason
from workers.gate.unit_testing.run_tests import MOST_ATTEMPTS, NO_TOOLS

OF_PIPELINE: Final = "The report of the repository's own pipeline counts, as policy.yml says."
ONLY_OF_PIPELINE: Final = (
    "The report of the repository's own pipeline counts: no code of a repository runs beside the "
    "identity of Sluss here."
)
NO_REPORT: Final = (
    "the tests are run by the repository's own pipeline, and for this commit it left no report "
    "within {minutes}"
)
ADD_TEMPLATE: Final = (
    "let azure-pipelines.yml take in the template template_ci_unit_tests.yml of GBI, which "
    "publishes the report; when the pipeline has run, retry the gate"
)
NO_COVERAGE: Final = "policy asks for {wants:g} % coverage, and a report of a pipeline tells none"
TELL_GBI: Final = "tell GBI: where Sluss runs no test, rules.unit_tests.min_coverage cannot be met"
PUBLISH_ANEW: Final = "let the pipeline publish pytest's own junit.xml"
ERROR: Final = re.compile(r"\b(?:error|ERROR): ")
OK: Final = 0
USAGE: Final = 4
NO_TESTS: Final = 5
# A shell and bubblewrap exit with this plus the number of the signal that ended the command.
SHELL_SIGNALS: Final = 128

NONE_FOUND: Final = "pytest finds no test there"
ADD_TESTS: Final = "add test_model.py there with functions that begin with test_"
ALL_SKIPPED: Final = "all tests were skipped, {count} of {count}: {why}"
UNSKIP: Final = "let at least one test run without what is missing"
STOPPED: Final = {
    Stopped.TIME: "the tests took longer than {seconds:g} s",
    Stopped.MEMORY: "the tests took more memory than they may",
    Stopped.PROCESSES: "the tests held more processes than they may",
    Stopped.OUTPUT: "the tests wrote more than the sandbox takes",
    Stopped.DISK: "the tests filled the disk that the sandbox gives",
}
SMALLER: Final = {
    Stopped.TIME: "make them faster, on a small sample of the data, or end what waits",
    Stopped.MEMORY: "use a small sample of the data",
    Stopped.PROCESSES: "start few processes and threads, and wait for their end",
    Stopped.OUTPUT: "print less",
    Stopped.DISK: "write less, and to pytest's tmp_path",
}
RAN: Final = "; {test} was running"
LOADING: Final = "; the tests were being loaded"
ENDED: Final = "the process of the tests was ended by {how} before it wrote its report"
LET_IT_END: Final = "take out what ends the process or its parent (os._exit, os.kill, a crash)"
UNREADABLE: Final = "the report of the tests cannot be read: {why}"
LET_PYTEST: Final = "let pytest alone write its report"
NOT_OURS: Final = "the report of the tests is not of this run"
LIES: Final = "the report and the end of the tests disagree: {what}"
NOT_STARTED: Final = "pytest could not start: {why}"
SETTINGS: Final = "mend conftest.py, or pytest's settings"
STAY_INSIDE: Final = "leave it out: a test has the repository, pytest's tmp_path, and no more"
LOADED: Final = "a file that was being loaded"
HELD_BACK: Final = "The sandbox: {note}."
NAMED: Final = 3
TOO_LOW: Final = "the tests reach {has:g} % of the code, and policy asks for {wants:g} %"
REACH_MORE: Final = "test what they reach least: {least}"
NOT_MEASURED: Final = "the coverage of the tests was not measured, and policy asks for {wants:g} %"
LET_IT_MEASURE: Final = "let sys.settrace and sys.monitoring alone in the tests"


@tool_check(
    "unit_tests",
    command,
    owner=BOTH,
    priority=1,
    is_flaky=True,
    title="The unit tests pass",
    mend="Run python -m pytest in the folder of the model, mend what fails there, and push again.",
    asks=("report",),
)
def unit_tests(output: Output, repo: ModelRepo, facts: CheckFacts) -> Iterator[Found]:
    """A model that is tested can be changed by somebody else.

    The tests run in a sandbox, in the model's own environment and without a network. They must
    really run, to their end and for this commit: at least one that is not skipped.
    """
    folder = tests_folder(repo, facts)
    if is_accepted(facts):
        yield Note(ONLY_OF_PIPELINE if facts.has_no_walls else OF_PIPELINE)
        yield from _of_pipeline(output.stdout, repo, folder or facts.layout.tests)
    elif not folder:
        yield Finding(facts.layout.tests, ADD_TESTS, NONE_FOUND)
    elif facts.has_no_walls:
        minutes = count(round(facts.rules.unit_tests.report_wait_s / 60), "minute")
        yield Finding(folder, ADD_TEMPLATE, NO_REPORT.format(minutes=minutes), rule="report")
    else:
        yield from of_run(output, repo, facts)
        return
    if facts.has_no_walls and (wants := facts.rules.unit_tests.min_coverage):
        yield Finding(folder or facts.layout.tests, TELL_GBI, NO_COVERAGE.format(wants=wants))


def _of_pipeline(data: bytes, repo: ModelRepo, folder: str) -> Iterator[Found]:
    try:
        report = read_junit(data)
    except UnreadableReportError as error:
        yield Finding(folder, PUBLISH_ANEW, UNREADABLE.format(why=error))
        return
    yield from of_report(report, repo, folder)


class TestToolsError(Exception):
    """pytest or coverage cannot be imported, so that no test ran; the tests are not to blame."""

    __test__ = False


def of_run(output: Output, repo: ModelRepo, facts: CheckFacts) -> Iterator[Found]:
    """Say what our own run found. Raise TestToolsError where our own tools are broken."""
    folder = tests_folder(repo, facts)
    yield from (Note(HELD_BACK.format(note=note)) for note in output.notes)
    if output.code == NO_TOOLS and not output.stopped:
        raise TestToolsError(output.stderr.decode(errors="replace"))
    if output.stopped:
        yield _stopped(output, folder, facts)
    elif JUNIT not in output.files:
        yield _without_report(output, repo, folder)
    if JUNIT in output.files:
        yield from _with_report(output, repo, facts)
    yield from _attempts(output, folder)


def _attempts(output: Output, folder: str) -> Iterator[Finding]:
    """Report what the sandbox held back, even where the test itself hides the failure."""
    lines = output.files.get(ATTEMPTS, b"").decode(errors="replace").splitlines()
    for line in lines[:MOST_ATTEMPTS]:
        test, _, what = line.partition("\t")
        path = test.partition("::")[0] or folder
        yield Finding(path, STAY_INSIDE, f"{test or LOADED} {what}", rule="sandbox", is_advice=True)


def _with_report(output: Output, repo: ModelRepo, facts: CheckFacts) -> Iterator[Found]:
    folder = tests_folder(repo, facts)
    try:
        report = read_junit(output.files[JUNIT])
    except UnreadableReportError as error:
        yield Finding(folder, LET_PYTEST, UNREADABLE.format(why=error))
        return
    if mark(repo) not in report.suites:
        yield Finding(folder, LET_PYTEST, NOT_OURS)
        return
    yield from of_report(report, repo, folder)
    yield from _agreement(output, report, folder)
    yield from coverage(output, repo, facts)


def of_report(report: JUnitReport, repo: ModelRepo, folder: str) -> Iterator[Found]:
    """Say what the tests themselves found, in our run or in the pipeline's."""
    failed, skipped = report.failed, report.count(CaseOutcome.SKIPPED)
    yield from failures(repo, failed)
    if not report.cases:
        yield Finding(folder, ADD_TESTS, NONE_FOUND)
    elif skipped == len(report.cases):
        why = reason(report.cases[0].message, report.cases[0].text)
        yield Finding(folder, UNSKIP, ALL_SKIPPED.format(count=skipped, why=why))
    if report.said_failed and not failed:
        what = f"it counts {count(report.said_failed, 'failure')} and shows none"
        yield Finding(folder, LET_PYTEST, LIES.format(what=what))
    yield Measure("tests", len(report.cases))
    yield Measure("failed", len(failed))
    yield Measure("skipped", skipped)


def _agreement(output: Output, report: JUnitReport, folder: str) -> Iterator[Finding]:
    """Report a run that did not finish: a test may end pytest early, or change its exit code."""
    collected, _ = _progress(output)
    if output.stopped or (output.code == NO_TESTS and not report.cases):
        return
    if output.code == OK and report.failed:
        what = f"{len(report.failed)} failed, and pytest ended well"
    elif output.code == OK and len(report.cases) < collected:
        what = f"{count(collected, 'test')} found, and {len(report.cases)} ran"
    elif output.code != OK and not report.failed:
        what = f"none failed, and pytest ended with {_how(output)} ({_last_words(output)[0]})"
    else:
        return
    yield Finding(folder, LET_IT_END, LIES.format(what=what))


def _stopped(output: Output, folder: str, facts: CheckFacts) -> Finding:
    wrong = STOPPED[output.stopped].format(seconds=facts.rules.unit_tests.seconds)
    path, where = _running(output, folder)
    how = f" ({'; '.join(output.notes)})" if output.notes else ""
    return Finding(path, SMALLER[output.stopped], wrong + how + where, rule="sandbox")


def _without_report(output: Output, repo: ModelRepo, folder: str) -> Finding:
    if output.code == USAGE:
        why, text = _last_words(output)
        path, line = place(repo, text) or (folder, 0)
        return Finding(path, mend(why, SETTINGS), NOT_STARTED.format(why=why), line)
    path, where = _running(output, folder)
    return Finding(path, LET_IT_END, ENDED.format(how=_how(output)) + where)


def _running(output: Output, folder: str) -> tuple[str, str]:
    _, last = _progress(output)
    path = last.partition("::")[0]
    return (path, RAN.format(test=last)) if last else (folder, LOADING)


def _progress(output: Output) -> tuple[int, str]:
    """Return how many tests pytest collected, and the name of the last one that began."""
    lines = output.files.get(PROGRESS, b"").decode(errors="replace").splitlines()
    first = lines[0] if lines else ""
    is_number = first.isascii() and first.isdecimal() and len(first) < len("1,000,000")
    return int(first) if is_number else 0, lines[-1] if lines[1:] else ""


def _how(output: Output) -> str:
    number = -output.code if output.code < 0 else output.code - SHELL_SIGNALS
    known = {each.value: each.name for each in signal.Signals}
    return known.get(number, f"exit code {output.code}")


def _last_words(output: Output) -> tuple[str, str]:
    """Return why pytest gave up, in one line, and all that it wrote about it."""
    text = output.stderr.decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [ERROR.split(line, maxsplit=1)[1] for line in lines if ERROR.search(line)]
    if "\nE " in text:
        return reason("", text), text
    return (errors or lines or ["it says nothing"])[-1], text


class CoverageTotals(msgspec.Struct, frozen=True):
    percent_covered: float
    num_statements: int = 0


class CoveredFile(msgspec.Struct, frozen=True):
    summary: CoverageTotals


class CoverageReport(msgspec.Struct, frozen=True):
    totals: CoverageTotals
    files: dict[str, CoveredFile] = {}


def coverage(output: Output, repo: ModelRepo, facts: CheckFacts) -> Iterator[Found]:
    wants = facts.rules.unit_tests.min_coverage
    path = model_settings(repo, layout=facts.layout, gbi=facts.gbi).source_path
    try:
        report = msgspec.json.decode(output.files.get(COVERAGE, b""), type=CoverageReport)
    except DECODE_ERRORS:
        report = None
    if report is None:
        if wants:
            yield Finding(path, LET_IT_MEASURE, NOT_MEASURED.format(wants=wants))
        return
    has = math.floor(min(max(report.totals.percent_covered, 0.0), 100.0) * 10) / 10
    yield Measure("coverage", has, "%")
    if has < wants:
        wrong = TOO_LOW.format(has=has, wants=wants)
        yield Finding(path, REACH_MORE.format(least=_least(report)), wrong)


def _least(report: CoverageReport) -> str:
    files = ((each.summary, path) for path, each in report.files.items())
    worst = sorted(
        (totals.percent_covered, path) for totals, path in files if totals.num_statements
    )
    return ", ".join(f"{path} ({has:.0f} %)" for has, path in worst[:NAMED])
