"""The gate's answer in a terminal: a table of the checks, then each finding at its place."""

from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.checks import CheckResult, Finding, Status
from core.policy import Policy

STYLES: Final = {
    Status.PASSED: "green",
    Status.FOUND: "red",
    Status.NOT_CHECKED: "dim",
    Status.COULD_NOT_RUN: "red",
}
ALL_PASSED: Final = "Every check passed."
BLOCKS: Final = "{count} to mend before {gate}."
NOTHING_BLOCKS: Final = "Nothing blocks; what was found is worth mending all the same."


def print_report(console: Console, results: tuple[CheckResult, ...], policy: Policy) -> None:
    console.print(_table(results, policy))
    for result in results:
        for finding in result.findings:
            _print_finding(console, finding)
        if result.note:
            console.print(Text(f"{result.check}: {result.note}", style="yellow"), soft_wrap=True)
    console.print(Text(_verdict(results, policy), style="bold"), soft_wrap=True)


def _table(results: tuple[CheckResult, ...], policy: Policy) -> Table:
    table = Table("check", "result", "priority", "owner", "blocks", box=None, pad_edge=False)
    for result in results:
        gate = policy.blocked_gate(result)
        style = STYLES[result.status] if gate or not result.is_open else "yellow"
        table.add_row(
            result.check,
            Text(_outcome(result), style=style),
            str(result.priority),
            result.owner,
            gate,
        )
    return table


def _outcome(result: CheckResult) -> str:
    if result.status is not Status.FOUND:
        return result.status
    return _counted(len(result.findings))


def _print_finding(console: Console, finding: Finding) -> None:
    """Never wrapped: editors make a link of ``path:line`` at the start of a line."""
    line = Text(finding.place(), style="cyan").append(": ", style="default")
    if finding.wrong:
        line.append(f"{finding.wrong}. ", style="default")
    line.append(finding.mend[:1].upper() + finding.mend[1:], style="bold")
    console.print(line, soft_wrap=True)


def _verdict(results: tuple[CheckResult, ...], policy: Policy) -> str:
    opened = [result for result in results if result.is_open]
    if not opened:
        return ALL_PASSED
    gates = [policy.blocked_gate(result) for result in opened]
    blocking = [result for result, gate in zip(opened, gates, strict=True) if gate]
    if not blocking:
        return NOTHING_BLOCKS
    count = sum(max(1, len(result.findings)) for result in blocking)
    first = min((gate for gate in gates if gate), key=list(policy.blocks).index)
    return BLOCKS.format(count=_counted(count), gate=first)


def _counted(count: int) -> str:
    return f"{count} finding" if count == 1 else f"{count} findings"
