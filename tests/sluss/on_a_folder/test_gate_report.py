"""The lines that a person sees while the gate is at work."""

from io import StringIO

import pytest
from rich.console import Console

from core.gate.checks import CheckResult, Finding, Status
from sluss.on_a_folder.gate_report import GateProgress
from workers.gate.checks import CHECKS

STRUCTURE, LINT = (next(c for c in CHECKS if c.id == name) for name in ("structure", "lint"))


@pytest.fixture
def shown():
    screen = Console(file=StringIO(), force_terminal=True, width=80, color_system=None)
    paper = Console(file=StringIO(), width=80)
    with GateProgress(screen, (STRUCTURE, LINT)) as progress:

        def look():
            with paper.capture() as seen:
                paper.print(progress.shown())
            return [" ".join(line.split()) for line in seen.get().splitlines()]

        yield progress, look


def result(check, status, **more):
    return CheckResult(
        check=check.id, title=check.title, owner=check.owner, priority=1, status=status, **more
    )


def test_a_check_waits_then_runs_then_answers(shown):
    progress, look = shown
    assert look() == ["structure waits", "lint waits"]
    progress.works(STRUCTURE, "")
    assert look()[0].endswith("runs")
    progress.said(result(STRUCTURE, Status.PASSED))
    assert look()[0] == "structure passed"


def test_what_it_does_now_is_told(shown):
    progress, look = shown
    progress.works(LINT, "installing 34 packages")
    assert look()[1].endswith("installing 34 packages")


def test_a_preview_says_that_more_follows(shown):
    progress, look = shown
    found = (Finding("a.py", "mend it"),)
    progress.said(result(LINT, Status.FOUND, findings=found, is_preview=True))
    assert look()[1].endswith("1 finding so far, the full answer follows")
