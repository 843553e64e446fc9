"""``sluss audit``: export the ledger, and verify it offline."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from sluss.options import Home, console, home_folder

audits = typer.Typer(no_args_is_help=True, help="Export the ledger, and verify it offline.")


@audits.command("verify")
def verify_(
    file: Annotated[Path, typer.Argument(help="An exported ledger.")],
    head: Annotated[
        str, typer.Option(help="A head that was noted earlier: the ledger must still hold it.")
    ] = "",
) -> None:
    """Check the hash chain of an exported ledger; no server is needed."""
    from sluss.commands import ledger

    for line in ledger.told(file, head.strip().lower()):
        console.print(Text(line), highlight=False)


@audits.command("export")
def export_(
    file: Annotated[Path, typer.Argument(help="Where to write it.")], home: Home = None
) -> None:
    """Write the whole ledger as JSON lines."""
    from sluss.commands import ledger

    console.print(Text(ledger.exported(file, ledger.export_file(home_folder(home), file))))
