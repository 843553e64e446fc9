"""The gate's answer in a terminal: a table of the checks, then each finding at its place."""

from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.gate.checks import CheckResult, Finding, Status
from core.policy import GATES, Policy

STYLES: Final = {
    Status.PASSED: "green",
    Status.FOUND: "red",
    Status.NOT_CHECKED: "dim",
    Status.COULD_NOT_RUN: "red",
}
NOTE: Final = "yellow"
ALL_PASSED: Final = "Every check passed."
SOME_PASSED: Final = "Nothing to mend; {count} of the checks could not be made here (see above)."
BLOCKS: Final = "{count} to mend before {gate}"
MORE: Final = "{count} more before {gate}"
NOTHING_BLOCKS: Final = "Nothing blocks; what was found is worth mending all the same."


def print_report(console: Console, results: tuple[CheckResult, ...], policy: Policy) -> None:
    console.print(_table(results, policy))
    for result in results:
        if result.findings:
            console.print(Text(f"\n{result.check}", style="bold"))
        for finding in result.findings:
            _print_finding(console, finding)
        if result.note:
            console.print(Text(f"{result.check}: {result.note}", style=NOTE), soft_wrap=True)
    console.print(Text(_verdict(results, policy), style="bold"), soft_wrap=True)


def _table(results: tuple[CheckResult, ...], policy: Policy) -> Table:
    table = Table("check", "result", "priority", "owner", "blocks", box=None, pad_edge=False)
    for result in results:
        gate = policy.blocked_gate(result)
        style = STYLES[result.status] if gate or not result.is_open else "yellow"
        table.add_row(
            result.check,
            Text(outcome(result), style=style),
            str(result.priority),
            result.owner,
            gate,
        )
    return table


def outcome(result: CheckResult) -> str:
    """How a check ended, in a word or two, and its figures."""
    said = result.status if result.status is not Status.FOUND else _counted(len(result.findings))
    told = (found for found in result.measures if found.value or found.unit)  # not "failed 0"
    figures = (f"{found.name} {found.value:g} {found.unit}".rstrip() for found in told)
    return ", ".join((said, *figures))


def _print_finding(console: Console, finding: Finding) -> None:
    """Never wrapped: editors make a link of ``path:line`` at the start of a line."""
    line = Text(finding.place(), style="cyan").append(": ", style="default")
    if finding.rule and finding.rule not in finding.wrong:
        line.append(f"[{finding.rule}] ", style="dim")
    if finding.wrong:
        end = "" if finding.wrong.endswith(("?", ".", "!")) else "."
        line.append(f"{finding.wrong}{end} ", style="default")
    line.append(finding.mend[:1].upper() + finding.mend[1:], style="bold")
    console.print(line, soft_wrap=True)


def _verdict(results: tuple[CheckResult, ...], policy: Policy) -> str:
    opened = [result for result in results if result.is_open]
    if not opened:
        silent = sum(result.status is Status.NOT_CHECKED for result in results)
        return SOME_PASSED.format(count=silent) if silent else ALL_PASSED
    total = {gate: sum(policy.blocking(each, gate) for each in results) for gate in GATES}
    parts, before = list[str](), 0
    for gate, count in total.items():
        if count > before:
            more = BLOCKS if not before else MORE
            parts.append(more.format(count=_counted(count - before), gate=gate))
            before = count
    return f"{', '.join(parts)}." if parts else NOTHING_BLOCKS


def _counted(count: int) -> str:
    return f"{count} finding" if count == 1 else f"{count} findings"
