"""``sluss explain CHECK``: say what a check looks at, why, and how to mend its findings."""

import difflib
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.errors import UnknownNameError
from core.gate.checks import Check
from sluss.home.this_program import this_program
from workers.gate.checks import CHECKS

PREVIEW: Final = "answers quickly, and in full after its tool has run"
QUICK: Final = "answers quickly; nothing of the repository is run"
FULL: Final = "answers after its tool has run in the sandbox"
WARNS: Final = "only warns, until policy.yml says otherwise"


def explain(
    check: Annotated[str, typer.Argument(help="The id of a check; all are listed without.")] = "",
) -> None:
    """Say what a check looks at, why, and how to mend what it finds."""
    console = Console()
    if not check:
        console.print(_all())
        return
    try:
        found = _named(check)
    except UnknownNameError as error:
        message = f"{error} All of them: {', '.join(each.id for each in CHECKS)}."
        raise typer.BadParameter(message, param_hint="CHECK") from error
    console.print(Text(f"{found.id}: {found.title}", style="bold"))
    console.print(Text(f"Owner: {found.owner}. Priority: {found.priority}. It {tier(found)}."))
    if found.mode == "warn":
        console.print(Text(f"It {WARNS}."))
    for heading, words in (("Why", found.why), ("How to mend", found.mend)):
        if words:
            console.print(Text(f"\n{heading}", style="bold"))
            console.print(Text(this_program().in_text(words)))


def tier(check: Check) -> str:
    """Say whether the check answers quickly, later, or both, and what runs for it."""
    if check.full is None:
        return QUICK
    return FULL if check.quick is None else PREVIEW


def _named(name: str) -> Check:
    known = {check.id: check for check in CHECKS}
    if name not in known:
        raise UnknownNameError("check", name, difflib.get_close_matches(name, known, n=2))
    return known[name]


def _all() -> Table:
    table = Table("check", "title", "owner", "priority", box=None, pad_edge=False)
    for check in CHECKS:
        table.add_row(check.id, check.title, check.owner, str(check.priority))
    return table
