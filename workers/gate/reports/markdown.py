"""Writes the gate's answer as Markdown, for pull requests and the summary of a pipeline."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from core.count import count
from core.gate.checks import CheckResult, Finding, Status
from core.policy import Policy

SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|!~])")
MARKS: Final = {
    Status.PASSED: "✅",
    Status.FOUND: "⚠️",
    Status.NOT_CHECKED: "·",
    Status.COULD_NOT_RUN: "❌",
}
BLOCKS: Final = "❌"


def markdown(results: Sequence[CheckResult], policy: Policy) -> bytes:
    """Write a table of the checks, then what each of them found."""
    lines = [
        "## Sluss: the gate",
        "",
        "| | check | result | blocks | owner |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(result, policy) for result in results]
    for result in results:
        lines += _details(result)
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _row(result: CheckResult, policy: Policy) -> str:
    gate = policy.blocked_gate(result)
    mark = BLOCKS if gate else MARKS[result.status]
    figures = [f"{found.name} {found.value:g} {found.unit}".strip() for found in result.measures]
    found = result.findings
    said = count(len(found), "finding") if found else str(result.status)
    words = " · ".join([said, *figures])
    return f"| {mark} | {result.check} | {escaped(words)} | {gate or '-'} | {result.owner} |"


def _details(result: CheckResult) -> Iterator[str]:
    if result.findings or result.note:
        yield from ("", f"### {result.check}: {escaped(result.title)}", "")
    for finding in result.findings:
        yield _finding(finding)
    for line in result.note.splitlines():
        yield f"> {escaped(line)}"


def _finding(finding: Finding) -> str:
    wrong = f"{escaped(finding.wrong)}. " if finding.wrong else ""
    mend = escaped(" ".join(finding.mend.split()))
    place = finding.place().replace("`", "'")
    return f"- `{place}` {wrong}**{mend}**"


def escaped(text: str) -> str:
    """Escape Markdown, so that words of a repository do not become a table, a link or HTML."""
    return SPECIAL.sub(r"\\\1", text)
