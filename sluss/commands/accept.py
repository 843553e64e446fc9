"""``sluss accept WHERE FINGERPRINT``: put a false alarm of ``secrets`` into the baseline."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from core.errors import SettingsError
from sluss.home.home_files import home_policy

DONE: Final = "Accepted in {file}. Commit it, and say in the commit why it is no secret."


def accept(
    where: Annotated[str, typer.Argument(help="The file of the finding, or <commit>:<file>.")],
    fingerprint: Annotated[str, typer.Argument(help="The fingerprint that the finding names.")],
    home: Annotated[
        Path | None, typer.Option(help="Where policy.yml is.", envvar="SLUSS_HOME", readable=False)
    ] = None,
) -> None:
    """Accept a false alarm of the check `secrets`, in the folder of the model repository."""
    from workers.gate.secret_scan.baseline import accept as accepted  # noqa: PLC0415 - slow to import

    try:
        file = home_policy(home).rules.secrets.baseline
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--home") from error
    problem = accepted(Path(file), where, fingerprint)
    if problem:
        raise typer.BadParameter(problem, param_hint="WHERE")
    Console().print(DONE.format(file=file), markup=False, soft_wrap=True)
