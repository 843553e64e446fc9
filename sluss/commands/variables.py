"""``sluss variables PATH --stage QA``: show each variable's value, its owner, and who set it."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.errors import SettingsError
from core.gate.groups import StageGroups
from core.gate.variables import Resolved, Sources, VariablesFile, read, resolve
from core.policy import Policy
from core.words import Stage
from sluss.home.home_files import home_groups, home_policy
from sluss.on_a_folder.model_folder import read_folder

NO_FILE: Final = "There is no {file} in {path}. Nothing was shown; `sluss init PATH` writes one."
SECRET_NOTE: Final = "(the name of a secret)"  # noqa: S105 - words, not a secret
UNSET: Final = "-"


def variables(
    path: Annotated[
        Path,
        typer.Argument(help="The folder of the model repository.", exists=True, file_okay=False),
    ] = Path(),
    *,
    stage: Annotated[Stage, typer.Option(help="The stage to resolve for.")] = Stage.TST,
    home: Annotated[
        Path | None,
        typer.Option(
            help="Where policy.yml and gbi_variables.yml are.", envvar="SLUSS_HOME", readable=False
        ),
    ] = None,
) -> None:
    """Show every variable of the model as a stage gets it. Of a secret only the name is shown."""
    try:
        policy = home_policy(home)
        groups = home_groups(home).get(stage, StageGroups())
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--home") from error
    file, found = _read(path, policy)
    sources = Sources(model=found.values, model_path=file, gbi=groups.values)
    console = Console()
    for finding in found.findings:
        console.print(Text(f"{finding.place()}: {finding.describe()}", style="red"), soft_wrap=True)
    console.print(_table(resolve(sources, stage)))


def _read(path: Path, policy: Policy) -> tuple[str, VariablesFile]:
    repo = read_folder(path, policy)
    wanted = policy.layout.variables
    file = repo.find(wanted)
    if file is None:
        raise SettingsError(NO_FILE.format(file=wanted, path=path))
    return file, read(repo.files[file], file)


def _table(resolved: tuple[Resolved, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("variable", "value", "owner", "source"):
        table.add_column(title, overflow="fold", no_wrap=title == "variable")
    for each in resolved:
        value = Text(each.value if each.value is not None else UNSET)
        if each.is_secret and each.value is not None:
            value.append(f" {SECRET_NOTE}", style="dim")
        table.add_row(Text(each.name), value, each.owner, Text(each.source))
    return table
