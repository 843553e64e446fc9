"""The commands of ``sluss`` as typer sees them; each only calls its file in commands/.

A command imports its file when it is called: the server's parts take seconds to import, and `sluss
check` in a pre-commit hook must not wait for them.
"""

import os
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.count import count
from core.errors import SettingsError
from core.gate.tools import Level
from core.typed_text import clean
from sluss.commands.accept import accept
from sluss.commands.check import check
from sluss.commands.explain import explain
from sluss.commands.init import init
from sluss.commands.runtimes import runtimes
from sluss.commands.variables import variables
from sluss.home.environment import LAST_PORT, default_home, named_folder
from sluss.home.this_program import this_program
from sluss.wiring.lock import Role

Home = Annotated[
    Path | None,
    typer.Option(help="Where everything is kept (~/.sluss).", envvar="SLUSS_HOME", readable=False),
]

Sandbox = Annotated[
    Level | None,
    typer.Option(help="The weakest in which a model's code may run, in place of policy.yml's."),
]

Port = Annotated[
    int | None,
    typer.Option(min=1, max=LAST_PORT, metavar="PORT", help="The port, in place of SLUSS_PORT's."),
]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback may show values that nobody should see
)
audits = typer.Typer(no_args_is_help=True, help="Export the ledger, and verify it offline.")
app.add_typer(audits, name="audit")
people = typer.Typer(help="Who is who, and whose the addresses are that people.yml does not know.")
app.add_typer(people, name="people")
app.add_typer(runtimes, name="runtimes")
app.command()(init)
app.command()(check)
app.command()(explain)
app.command()(accept)
app.command()(variables)
console = Console(soft_wrap=True)
NO_HOME = (
    "There is no home at {home}. Nothing was done and nothing was made; name yours with --home, or "
    "make one with its first start: `sluss up`."
)
MOST = 10_000  # deliveries that a list shows


def _version(*, is_asked: bool) -> None:
    if is_asked:
        console.print(Text(f"sluss {metadata.version('sluss')}"))
        raise typer.Exit


@app.callback()
def sluss_(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda value: _version(is_asked=value),
            is_eager=True,
            help="Say which Sluss this is.",
        ),
    ] = False,
) -> None:
    """Sluss lifts a model from a branch to production, gate by gate."""


def _home(home: Path | None) -> Path:
    return named_folder(home) if home else default_home(os.environ)


def _made_home(home: Path | None) -> Path:
    """Return the home. Raise SettingsError where nobody has made one: asking makes none."""
    from sluss.home.settings import PLATFORM_FILE

    found = _home(home)
    if not (found / PLATFORM_FILE).exists():
        raise SettingsError(NO_HOME.format(home=found))
    return found


@app.command("up")
def up_(
    role: Annotated[
        Role, typer.Argument(help="gateway, worker, or all in one process.")
    ] = Role.ALL,
    *,
    host: Annotated[
        str, typer.Option(help="Where it listens (SLUSS_HOST): on this machine alone.")
    ] = "",
    port: Port = None,
    home: Home = None,
    sandbox: Sandbox = None,
) -> None:
    """Start Sluss: by default all of it, on this machine, MLflow beside it; Ctrl-C ends it."""
    from sluss.commands.up import up

    up(_home(home), role, sandbox=sandbox, host=host, port=port)


@app.command("down")
def down_(home: Home = None) -> None:
    """End the MLflow server that `sluss up` left running."""
    from sluss.commands.down import down

    console.print(down(_made_home(home)))


@app.command("status")
def status_(home: Home = None) -> None:
    """Say how the servers of this home are, and what troubles them.

    The exit code is 0 where all are ready; 1 where one is not, and takes no deliveries; 2 where
    none answers; 3 where all are ready and something needs a look, as a missing worker.
    """
    from sluss.commands.status import status

    found = status(_made_home(home))
    for line in found.lines():
        console.print(Text(clean(line)))
    raise typer.Exit(found.code)


@app.command("add")
def add_(
    path: Annotated[Path, typer.Argument(help="A work tree, or a bare repository.")],
    team: Annotated[str, typer.Option(help="The team whose conversation gets its cards.")],
    name: Annotated[str, typer.Option(help="Its name here; the folder's by default.")] = "",
    release_branch: Annotated[
        str,
        typer.Option(help="Pushes to it become releases; main, master, or what is checked out."),
    ] = "",
    home: Home = None,
) -> None:
    """Bring a model repository on board: platform.yml, a remote, and a hook that tells us."""
    from sluss.commands import add as adding
    from sluss.commands.authors import unknown_authors
    from sluss.home.prepare import prepare_home
    from sluss.home.settings import from_environment, is_local_start

    folder = _home(home)
    prepare_home(folder, is_local=is_local_start(os.environ))
    settings = from_environment(folder)
    added = adding.add(
        path,
        home=folder,
        team=team,
        name=name,
        release_branch=release_branch,
        is_copied=False,
    )
    for line in (*adding.told(added), *unknown_authors(path, settings)):
        console.print(Text(line))


@app.command("deliveries")
def deliveries_(
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many, the newest first.")] = 20,
    home: Home = None,
) -> None:
    """Show what came from outside and what became of it."""
    from sluss.commands.ledger import deliveries
    from sluss.commands.status import refused_lines

    table = Table("received", "source", "what", "outcome", box=None, pad_edge=False)
    folder = _home(home)
    for row in deliveries(folder, limit):
        outcome = this_program(folder).in_text(row.outcome)
        told = f"{row.received:%Y-%m-%d %H:%M:%S UTC}", row.source, row.kind, outcome
        table.add_row(*(Text(clean(each)) for each in told))
    console.print(table)
    for line in refused_lines(_home(home)):
        console.print(Text(clean(line)))


@app.command("rebuild")
def rebuild_(home: Home = None) -> None:
    """Fold every projection anew from the ledger; a server on the same files must be down."""
    from sluss.commands.ledger import rebuild

    console.print(f"Folded: {count(rebuild(_home(home)), 'event')}.")


@app.command("migrate")
def migrate_(home: Home = None) -> None:
    """Bring the tables of the store up to this version; every start does it by itself, too."""
    from sluss.commands.ledger import migrate
    from sluss.home.settings import store_from_environment

    for line in migrate(store_from_environment(_home(home))):
        console.print(line)


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

    console.print(Text(ledger.exported(file, ledger.export_file(_home(home), file))))


@people.callback(invoke_without_command=True)
def people_(context: typer.Context, home: Home = None) -> None:
    """List the people of people.yml, and the addresses that were mapped."""
    context.obj = home
    if context.invoked_subcommand is None:
        from sluss.commands.people import people_table, show_mappings

        console.print(people_table(_made_home(home)))
        for line in show_mappings(_home(home)):
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
        Text(map_address(_made_home(home or context.obj), address, person, reason=nobody or reason))
    )


@app.command("demo")
def demo_(
    script: Annotated[bool, typer.Option("--script", help="Without people, to the end.")] = False,  # noqa: FBT002
    keep: Annotated[
        Path | None, typer.Option(help="Keep everything in this folder.", readable=False)
    ] = None,
    *,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=LAST_PORT, metavar="PORT", help="The port; a free one by default."),
    ] = None,
    sandbox: Sandbox = None,
) -> None:
    """Lead through the story: from a push to production, with real models and a real MLflow."""
    from sluss.demo.folder import refuse_keep

    refuse_keep(keep, is_script=script)
    console.print("Starting Sluss, with an MLflow of its own.")
    from sluss.demo.run import demo  # It takes seconds, of which somebody should know.

    raise typer.Exit(demo(is_script=script, keep=keep, sandbox=sandbox, port=port))
