"""``sluss check PATH``: the gate on a folder, before anything is pushed."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console

from core.checks import CheckResult
from core.errors import SettingsError, UnknownNameError
from core.policy import Policy
from core.words import Stage
from sluss.gate_report import print_report
from sluss.home_files import home_policy, home_variables
from sluss.model_folder import read_folder
from workers.gate import Gate

BLOCKED: Final = 1
CACHE: Final = "gate_cache"  # below the home


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


def check(
    path: Annotated[
        Path,
        typer.Argument(help="The folder of the model repository.", exists=True, file_okay=False),
    ] = Path(),
    *,
    only: Annotated[
        list[str] | None, typer.Option(help="The id of a check; may be given more than once.")
    ] = None,
    format: Annotated[Format, typer.Option(help="For people, or for programs.")] = Format.TEXT,  # noqa: A002 - the option's name
    home: Annotated[
        Path | None,
        typer.Option(help="Where policy.yml and gbi_variables.yml are.", envvar="SLUSS_HOME"),
    ] = None,
) -> None:
    """Run the gate on a folder. The exit code is 1 when something blocks."""
    try:
        policy = home_policy(home)
        gbi = home_variables(home, Stage.TST)
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--home") from error
    repo = read_folder(path, policy)
    cache = home / CACHE if home and home.is_dir() else None
    running = Gate(cache=cache)(repo, policy.facts(gbi=gbi), policy, only=only or ())
    try:
        results = asyncio.run(running)
    except UnknownNameError as error:
        raise typer.BadParameter(str(error), param_hint="--only") from error
    if format is Format.JSON:
        typer.echo(as_json(results, policy))
    else:
        print_report(Console(), results, policy)
    if any(policy.blocked_gate(result) for result in results):
        raise typer.Exit(BLOCKED)


def as_json(results: tuple[CheckResult, ...], policy: Policy) -> str:
    checks = [
        {**msgspec.to_builtins(result), "blocks": policy.blocked_gate(result)} for result in results
    ]
    report = {
        "blocks": any(check["blocks"] for check in checks),
        "policy": policy.digest,
        "checks": checks,
    }
    return msgspec.json.format(msgspec.json.encode(report)).decode()
