"""Prints the gate in a terminal: progress while it works, then a table and the findings."""

from collections.abc import Iterable
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from core.count import count
from core.gate.checks import Check, CheckResult, Finding, Status
from core.policy import GATES, Policy
from sluss.home.this_program import this_program
from workers.gate.gate import Watcher

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
WAITS: Final = Text("waits", style="dim")
RUNS: Final = "runs"
PREVIEW: Final = "{answer} so far, the full answer follows"
WORK_STYLES: Final = {
    Status.PASSED: "green",
    Status.FOUND: "yellow",
    Status.NOT_CHECKED: "dim",
    Status.COULD_NOT_RUN: "red",
}


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
    """Say how a check ended, in a word or two, with its figures."""
    is_found = result.status is Status.FOUND
    said = count(len(result.findings), "finding") if is_found else result.status
    told = (found for found in result.measures if found.value or found.unit)  # not "failed 0"
    figures = (f"{found.name} {found.value:g} {found.unit}".rstrip() for found in told)
    return ", ".join((said, *figures))


def _print_finding(console: Console, finding: Finding) -> None:
    """Print a finding unwrapped, as editors make a link of ``path:line`` at a line's start."""
    line = Text(finding.place(), style="cyan").append(": ", style="default")
    if finding.rule and finding.rule not in finding.wrong:
        line.append(f"[{finding.rule}] ", style="dim")
    if finding.wrong:
        end = "" if finding.wrong.endswith(("?", ".", "!")) else "."
        line.append(f"{finding.wrong}{end} ", style="default")
    mend = this_program().in_text(finding.mend)
    line.append(mend[:1].upper() + mend[1:], style="bold")
    console.print(line, soft_wrap=True)


def _verdict(results: tuple[CheckResult, ...], policy: Policy) -> str:
    opened = [result for result in results if result.is_open]
    if not opened:
        silent = sum(result.status is Status.NOT_CHECKED for result in results)
        return SOME_PASSED.format(count=silent) if silent else ALL_PASSED
    total = {gate: sum(policy.blocking(each, gate) for each in results) for gate in GATES}
    parts, before = list[str](), 0
    for gate, found in total.items():
        if found > before:
            more = BLOCKS if not before else MORE
            parts.append(more.format(count=count(found - before, "finding"), gate=gate))
            before = found
    return f"{', '.join(parts)}." if parts else NOTHING_BLOCKS


class GateProgress(Watcher):
    """Shows the progress within ``with GateProgress(...)``, and removes it afterwards."""

    def __init__(self, console: Console, checks: Iterable[Check]) -> None:
        self._lines: dict[str, Text | Spinner] = {check.id: WAITS for check in checks}
        self._live = Live(console=console, transient=True, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def works(self, check: Check, words: str) -> None:
        self._lines[check.id] = Spinner("dots", Text(words or RUNS))
        self._show()

    def said(self, result: CheckResult) -> None:
        answer = Text(outcome(result), style=WORK_STYLES[result.status])
        if result.is_preview:
            words = Text(PREVIEW.format(answer=outcome(result)))
            self._lines[result.check] = Spinner("dots", words)
        else:
            self._lines[result.check] = answer
        self._show()

    def shown(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for check, line in self._lines.items():
            table.add_row(Text(check), line)
        return table

    def _show(self) -> None:
        self._live.update(self.shown())
