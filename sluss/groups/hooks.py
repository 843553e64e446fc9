"""``sluss hooks``: the service hooks of Azure DevOps that lead to us."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from core.typed_text import clean
from sluss.home.this_program import this_program
from sluss.options import Home, console, made_home

hooks = typer.Typer(
    no_args_is_help=True, help="The service hooks of Azure DevOps, and what they have missed."
)
LONGEST_DAYS = 90
ANY_WIDTH = 10_000


@hooks.command("install")
def install_(home: Home = None) -> None:
    """Make the service hooks that are missing; ones that people made and that fit are kept.

    The exit code is 1 where something is left to do.
    """
    from sluss.commands.hooks import install

    found = made_home(home)
    told = install(found)
    _print(this_program(found).in_text(line) for line in told.lines)
    raise typer.Exit(told.code)


@hooks.command("list")
def list_(home: Home = None) -> None:
    """Show how each service hook is. The exit code is 1 where one is not well."""
    from core.hooks import SAYS
    from core.words import HookCondition
    from sluss.commands.hooks import rows

    found = rows(made_home(home))
    table = Table("project", "event", "state", "made by", box=None, pad_edge=False)
    for row in found:
        table.add_row(*(Text(clean(each)) for each in row))
    _print_whole(table)
    raise typer.Exit(any(row.state != SAYS[HookCondition.WELL] for row in found))


@hooks.command("repair")
def repair_(home: Home = None) -> None:
    """Replace what cannot be revived, add what is missing, and give ours the secret as it is now.

    The exit code is 1 where something is left to do.
    """
    from sluss.commands.hooks import repair

    found = made_home(home)
    told = repair(found)
    _print(this_program(found).in_text(line) for line in told.lines)
    raise typer.Exit(told.code)


@hooks.command("remove")
def remove_(home: Home = None) -> None:
    """Remove the service hooks that Sluss made; those of people stay."""
    from sluss.commands.hooks import remove

    told = remove(made_home(home))
    _print(told.lines)
    raise typer.Exit(told.code)


@hooks.command("report")
def report_(
    days: Annotated[
        int, typer.Option(min=1, max=LONGEST_DAYS, help="So many days back from now.")
    ] = 7,
    home: Home = None,
) -> None:
    """List what deliveries have missed, hand it on, and compare Azure DevOps with the ledger.

    The exit code is 1 where something is missing still.
    """
    from sluss.commands.hooks_report import report

    found = report(made_home(home), days)
    table = Table("repository", "Azure DevOps", "us", "missing", "late", box=None, pad_edge=False)
    for row in found.rows:
        numbers = (row.host, row.us, row.missing, row.late)
        table.add_row(row.repository, *(f"{each}" for each in numbers))
    _print_whole(table)
    _print(found.lines())
    raise typer.Exit(found.missing > 0)


def _print_whole(table: Table) -> None:
    """Two kinds of event differ in their last letters: a narrow terminal cuts none of them."""
    options = console.options.update(width=ANY_WIDTH)
    table.width = Measurement.get(console, options, table).maximum
    console.print(table, crop=False)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        console.print(Text(clean(line)))
