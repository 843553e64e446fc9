"""``sluss runtimes``: show the libraries of each runtime, and import them from a cluster."""

import difflib
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.count import count
from core.errors import SettingsError, SlussError
from core.gate.runtimes import Runtime, RuntimeKey, runtime_key
from sluss.home.environment import default_home, named_folder
from sluss.home.runtime_files import home_runtimes, write_runtime
from sluss.home.strict_yaml import read_given
from workers.gate.runtimes.imported import Listed, problem, read_list
from workers.gate.runtimes.known import find, known_names

MAX_BYTES: Final = 4 * 1024 * 1024

NO_KEY: Final = "{name!r} is no runtime: write it as 16.4.x-cpu-ml-scala2.12 or 16.4.x-cpu-ml."
UNKNOWN: Final = "Nothing is known about {name}.{hint} `sluss runtimes list` shows the known ones."
NO_PYTHON: Final = "No table of {name} ships with Sluss: say its Python, as in --python 3.12."
TOO_LARGE: Final = "{path} has more than {most:,} bytes. Nothing was imported."
WRONG: Final = "{wrong}. Nothing was imported."
IMPORTED: Final = "Known of {name} now: {libraries}, from {path}."
COMPARED: Final = "Against the table that ships with Sluss:"
SAME: Final = "The table that ships with Sluss says the same of the libraries that it names."
NO_TABLE: Final = "No table of it ships with Sluss."
LEFT_OUT: Final = "Without a version that can be compared: {count} ({names})."
RESTART: Final = "A running server reads it with its next start."
DOUBT: Final = "not certain"
NOT_THERE: Final = "-"

Home = Annotated[
    Path | None,
    typer.Option(help="Where everything is kept (~/.sluss).", envvar="SLUSS_HOME", readable=False),
]
Name = Annotated[str, typer.Argument(help="A runtime, as CLUSTER_SPARK_VERSION names it.")]

runtimes = typer.Typer(no_args_is_help=True, help="Which libraries each runtime brings.")


@runtimes.command("list")
def list_(home: Home = None) -> None:
    """List the runtimes whose libraries are known, and where that comes from."""
    imported = _imported(home)
    table = Table("runtime", "Python", "Spark", "libraries", "source", box=None, pad_edge=False)
    for name in known_names(imported):
        runtime = _runtime(_key(name), imported)
        source = "imported" if name in imported else "ships with Sluss"
        count = f"{len(runtime.libraries)}"
        table.add_row(name, runtime.python, runtime.spark or NOT_THERE, count, source)
    Console().print(table)


@runtimes.command()
def show(name: Name, home: Home = None) -> None:
    """Show every library of a runtime that is known, with its version."""
    runtime = _runtime(_key(name), _imported(home))
    table = Table("library", "version", "", box=None, pad_edge=False)
    table.add_row("python", runtime.python)
    if runtime.spark:
        table.add_row("spark", runtime.spark)
    for library, version in sorted(runtime.libraries.items()):
        table.add_row(library, version, DOUBT if library in runtime.doubtful else "")
    Console().print(table)


@runtimes.command("import")
def import_(
    name: Name,
    file: Annotated[
        Path,
        typer.Argument(
            help="Of a cluster: the output of 'pip list --format=json', or a constraints file.",
            exists=True,
            dir_okay=False,
        ),
    ],
    *,
    python: Annotated[str, typer.Option(help="Its Python, such as 3.12.")] = "",
    spark: Annotated[str, typer.Option(help="Its Spark, such as 3.5.2.")] = "",
    home: Home = None,
) -> None:
    """Take the libraries of a runtime from a cluster; they count in place of those we ship."""
    key = _key(name)
    ours = find(key, {})
    listed = _listed(file)
    base = ours.runtime if ours else Runtime(python=python, libraries={})
    if not python and ours is None:
        raise typer.BadParameter(NO_PYTHON.format(name=name), param_hint="--python")
    runtime = Runtime(
        python=python or base.python, spark=spark or base.spark, libraries=listed.libraries
    )
    if wrong := problem(key.names[0], runtime):
        raise typer.BadParameter(WRONG.format(wrong=wrong), param_hint="NAME")
    write_runtime(_home(home), key.names[0], runtime)
    _tell(key.names[0], file, listed, ours.runtime if ours else None)


def _tell(name: str, file: Path, listed: Listed, ours: Runtime | None) -> None:
    console = Console(soft_wrap=True)
    words = IMPORTED.format(
        libraries=count(len(listed.libraries), "library", "libraries"), name=name, path=file
    )
    console.print(Text(words))
    if listed.left_out:
        names = ", ".join(listed.left_out[:5])
        console.print(Text(LEFT_OUT.format(count=len(listed.left_out), names=names)))
    if ours is None:
        console.print(NO_TABLE)
    elif changed := _changed(ours, listed.libraries):
        console.print(COMPARED)
        console.print(changed)
    else:
        console.print(SAME)
    console.print(RESTART)


def _changed(ours: Runtime, libraries: dict[str, str]) -> Table | None:
    """Compare the libraries of our table with the cluster's, which has many more."""
    table = Table("library", "ships with Sluss", "cluster", box=None, pad_edge=False)
    for library, version in sorted(ours.libraries.items()):
        new = libraries.get(library, NOT_THERE)
        if new != version:
            table.add_row(library, version, new)
    return table if table.row_count else None


def _listed(file: Path) -> Listed:
    if file.stat().st_size > MAX_BYTES:
        words = TOO_LARGE.format(path=file, most=MAX_BYTES)
        raise typer.BadParameter(words, param_hint="FILE")
    try:
        return read_list(read_given(file))
    except SlussError as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error


def _imported(home: Path | None) -> dict[str, Runtime]:
    try:
        return home_runtimes(_home(home))
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--home") from error


def _home(home: Path | None) -> Path:
    return named_folder(home) if home else default_home({})


def _key(name: str) -> RuntimeKey:
    key = runtime_key(name)
    if key is None:
        raise typer.BadParameter(NO_KEY.format(name=name), param_hint="NAME")
    return key


def _runtime(key: RuntimeKey, imported: dict[str, Runtime]) -> Runtime:
    found = find(key, imported)
    if found is not None:
        return found.runtime
    near = difflib.get_close_matches(key.names[0], known_names(imported), n=2)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise SettingsError(UNKNOWN.format(name=key.names[0], hint=hint))
