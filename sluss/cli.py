"""The commands of ``sluss`` as typer sees them; each only calls its file in commands/.

A group of commands, as `sluss audit`, has a file in groups/.

A command imports its file when it is called: the server's parts take seconds to import, and `sluss
check` in a pre-commit hook must not wait for them.
"""

import os
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from core.count import count
from core.typed_text import clean
from sluss.commands.accept import accept
from sluss.commands.check import check
from sluss.commands.explain import explain
from sluss.commands.init import init
from sluss.commands.runtimes import runtimes
from sluss.commands.variables import variables
from sluss.groups.audit import audits
from sluss.groups.hooks import hooks
from sluss.groups.people import people
from sluss.home.environment import LAST_PORT
from sluss.home.this_program import this_program
from sluss.options import Home, Port, Sandbox, console, home_folder, made_home
from sluss.wiring.lock import Role

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback may show values that nobody should see
)
app.add_typer(audits, name="audit")
app.add_typer(people, name="people")
app.add_typer(hooks, name="hooks")
app.add_typer(runtimes, name="runtimes")
app.command()(init)
app.command()(check)
app.command()(explain)
app.command()(accept)
app.command()(variables)
MOST = 10_000  # deliveries that a list shows
LONGEST_WAIT = 30 * 24 * 60  # minutes: as long as a check of Azure Pipelines may wait


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

    up(home_folder(home), role, sandbox=sandbox, host=host, port=port)


@app.command("down")
def down_(home: Home = None) -> None:
    """End the MLflow server that `sluss up` left running."""
    from sluss.commands.down import down

    console.print(down(made_home(home)))


@app.command("status")
def status_(home: Home = None) -> None:
    """Say how the servers of this home are, and what troubles them.

    The exit code is 0 where all are ready; 1 where one is not, and takes no deliveries; 2 where
    none answers; 3 where all are ready and something needs a look, as a missing worker.
    """
    from sluss.commands.status import status

    found = status(made_home(home))
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

    folder = home_folder(home)
    prepare_home(folder, is_local=is_local_start(os.environ))
    settings = from_environment(folder)
    adding.refuse_code_elsewhere(settings)
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

    what = Column("what", overflow="fold")
    table = Table("received", "source", what, "outcome", box=None, pad_edge=False)
    folder = home_folder(home)
    for row in deliveries(folder, limit):
        outcome = this_program(folder).in_text(row.outcome)
        told = f"{row.received:%Y-%m-%d %H:%M:%S UTC}", row.source, row.kind, outcome
        table.add_row(*(Text(clean(each)) for each in told))
    console.print(table)
    for line in refused_lines(home_folder(home)):
        console.print(Text(clean(line)))


@app.command("rebuild")
def rebuild_(home: Home = None) -> None:
    """Fold every projection anew from the ledger; a server on the same files must be down."""
    from sluss.commands.ledger import rebuild

    console.print(f"Folded: {count(rebuild(home_folder(home)), 'event')}.")


@app.command("migrate")
def migrate_(home: Home = None) -> None:
    """Bring the tables of the store up to this version; every start does it by itself, too."""
    from sluss.commands.ledger import migrate
    from sluss.home.settings import store_from_environment

    for line in migrate(store_from_environment(home_folder(home))):
        console.print(line)


@app.command("wait")
def wait_(
    release: Annotated[str, typer.Argument(help="The release's id, or its commit's.")],
    step: Annotated[
        list[str],
        typer.Argument(help="check, train, score, evaluate, register, promote QA or promote PROD."),
    ],
    minutes: Annotated[
        float, typer.Option("--for", min=0, max=LONGEST_WAIT, metavar="MINUTES", help="How long.")
    ] = 60,
    home: Home = None,
) -> None:
    """Wait until a step of a release has succeeded, as a script of a pipeline may; it only reads.

    The release may not be there yet. The exit code is 0 where the step has succeeded; 1 where it
    has failed, or the release comes to it no more; 2 for an error; 3 where the time is up.
    """
    from sluss.commands.wait import wait, wanted

    what = wanted(release, " ".join(step))
    raise typer.Exit(
        wait(home_folder(home), what, minutes, lambda line: console.print(Text(clean(line))))
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
