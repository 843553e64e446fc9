"""The options that several commands share, the home that they name, and where they print."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from core.errors import SettingsError
from core.gate.tools import Level
from sluss.home.environment import LAST_PORT, default_home, named_folder

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

NO_HOME: Final = (
    "There is no home at {home}. Nothing was done and nothing was made; name yours with --home, or "
    "make one with its first start: `sluss up`."
)

console = Console(soft_wrap=True)


def home_folder(home: Path | None) -> Path:
    return named_folder(home) if home else default_home(os.environ)


def made_home(home: Path | None) -> Path:
    """Return the home. Raise SettingsError where nobody has made one: asking makes none."""
    from sluss.home.settings import PLATFORM_FILE

    found = home_folder(home)
    if not (found / PLATFORM_FILE).exists():
        raise SettingsError(NO_HOME.format(home=found))
    return found
