"""The gate at work in a terminal: a line per check, until the report takes its place."""

from collections.abc import Iterable
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from core.gate.checks import Check, CheckResult, Status
from sluss.on_a_folder.gate_report import outcome
from workers.gate.gate import Watcher

WAITS: Final = Text("waits", style="dim")
RUNS: Final = "runs"
PREVIEW: Final = "{answer} so far, the full answer follows"
STYLES: Final = {
    Status.PASSED: "green",
    Status.FOUND: "yellow",
    Status.NOT_CHECKED: "dim",
    Status.COULD_NOT_RUN: "red",
}


class GateProgress(Watcher):
    """``with GateProgress(...)``: shown while it lasts, and gone afterwards."""

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
        answer = Text(outcome(result), style=STYLES[result.status])
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
