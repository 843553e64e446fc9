"""``sluss people``: who is who, and whose the addresses are that people.yml does not know."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from sluss.options import Home, console, home_folder, made_home

people = typer.Typer(help="Who is who, and whose the addresses are that people.yml does not know.")


@people.callback(invoke_without_command=True)
def people_(context: typer.Context, home: Home = None) -> None:
    """List the people of people.yml, and the addresses that were mapped."""
    context.obj = home
    if context.invoked_subcommand is None:
        from sluss.commands.people import people_table, show_mappings

        console.print(people_table(made_home(home)))
        for line in show_mappings(home_folder(home)):
            console.print(Text(line))


@people.command("map")
def map_(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="As the commit or the host of git has it.")],
    person: Annotated[
        str | None, typer.Argument(help="An id, an e-mail address or an account of people.yml.")
    ] = None,
    *,
    nobody: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="It is a leaver's or a tool's, and why that is known."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why it is that person's.")] = "",
    home: Annotated[
        Path | None, typer.Option(help="Where everything is kept.", readable=False)
    ] = None,
) -> None:
    """Say whose an address is that people.yml does not know; a server may run meanwhile."""
    if (person is None) == (nobody is None):
        raise typer.BadParameter("Give either PERSON, or --nobody REASON. Nothing was changed.")
    from sluss.commands.people import map_address

    console.print(
        Text(map_address(made_home(home or context.obj), address, person, reason=nobody or reason))
    )
