"""The check ``bandit``: code that an attacker could use."""

from collections.abc import Iterator
from typing import Final

import msgspec

from core.gate.checks import MODEL_DEV, Finding, Found, Measure, ModelRepo, Note, tool_check
from core.gate.facts import CheckFacts
from core.gate.tools import PYTHON, TOOL, Output, ToolCommand
from workers.gate.contract.python_source import is_notebook
from workers.gate.tool_reports import tool_report

# The check "secrets" finds passwords; bandit's B105 to B107 would show them in the report.
SETTINGS: Final = b"""\
skips: [B105, B106, B107]
assert_used:
  skips: ["*/test_*.py", "*/*_test.py", "*/conftest.py"]
"""
# The empty INI file is named so that bandit does not look for a ``.bandit`` of the repository.
INI: Final = b"[bandit]\n"
MOST: Final = 50
ORDER: Final = ("HIGH", "MEDIUM", "LOW")

WRONG: Final = "{text} (severity {severity}, confidence {confidence})"
MEND: Final = "write it safely, as {url} says, or accept it with # nosec {id} and the reason"
UNREADABLE: Final = "bandit could not read it ({reason})"
MORE: Final = "Not shown: {count} more."
NOTEBOOK: Final = "{path} has cells that are not Python; bandit did not look at it."


class Issue(msgspec.Struct, frozen=True):
    filename: str
    issue_severity: str
    issue_confidence: str
    issue_text: str
    line_number: int
    test_id: str
    more_info: str


class Skipped(msgspec.Struct, frozen=True):
    filename: str
    reason: str


class BanditTotals(msgspec.Struct, frozen=True):
    loc: int


class Metrics(msgspec.Struct, frozen=True):
    totals: BanditTotals = msgspec.field(name="_totals")


class BanditReport(msgspec.Struct, frozen=True):
    results: list[Issue]
    errors: list[Skipped]
    metrics: Metrics


def _bandit(repo: ModelRepo, facts: CheckFacts) -> ToolCommand | None:
    if not repo.files:
        return None
    settings = (f"--configfile={TOOL}/bandit.yml", f"--ini={TOOL}/bandit.ini")
    return ToolCommand(
        argv=(
            PYTHON, "-I", "-m", "bandit", "-r", ".", "--quiet", "--exit-zero", "--format=json",
            *settings, f"--exclude=./{facts.layout.tests}/",
        ),
        files={"bandit.yml": SETTINGS, "bandit.ini": INI},
        seconds=180.0,
        output_mb=32,
        quotes=("code",),
    )  # fmt: skip


@tool_check(
    "bandit",
    _bandit,
    owner=MODEL_DEV,
    priority=4,
    title="No code that an attacker could use",
    mend="Write the line in the safe way that the page of the rule shows. Where it is safe, "
    "say so with # nosec, the number of the rule and the reason.",
    reads=("*.py",),
)
def bandit(output: Output, repo: ModelRepo, facts: CheckFacts) -> Iterator[Found]:  # noqa: ARG001
    """Data that come from outside may be more than data: a pickle, a query, a command.

    bandit reads the code and knows the usual mistakes. Tests are left out, and what it calls of low
    severity is advice.
    """
    report = tool_report(output, BanditReport)
    issues = sorted(report.results, key=_urgency)
    yield from map(_finding, issues[:MOST])
    if len(issues) > MOST:
        yield Note(MORE.format(count=len(issues) - MOST))
    for skipped in report.errors:
        yield _unread(repo, _path(skipped.filename), skipped.reason)
    yield Measure("lines", report.metrics.totals.loc)


def _urgency(issue: Issue) -> tuple[int, str, int]:
    known = issue.issue_severity in ORDER
    rank = ORDER.index(issue.issue_severity) if known else len(ORDER)
    return rank, issue.filename, issue.line_number


def _finding(issue: Issue) -> Finding:
    severity, confidence = issue.issue_severity.lower(), issue.issue_confidence.lower()
    return Finding(
        _path(issue.filename),
        MEND.format(url=issue.more_info, id=issue.test_id),
        WRONG.format(text=issue.issue_text.rstrip("."), severity=severity, confidence=confidence),
        line=issue.line_number,
        rule=issue.test_id,
        is_advice=issue.issue_severity == "LOW",
    )


def _unread(repo: ModelRepo, path: str, reason: str) -> Found:
    if is_notebook(path, repo.files.get(path, b"")):
        return Note(NOTEBOOK.format(path=path))
    return Finding(path, "mend the syntax", UNREADABLE.format(reason=reason), is_advice=True)


def _path(name: str) -> str:
    return name.removeprefix("./")
