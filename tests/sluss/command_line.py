"""Runs the commands of this folder's tests as a person would, in a wide terminal."""

import typer
from click.testing import Result
from typer.testing import CliRunner

from sluss.commands.check import check
from sluss.commands.init import init
from sluss.commands.variables import variables

app = typer.Typer()
for command in (check, init, variables):
    app.command()(command)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
