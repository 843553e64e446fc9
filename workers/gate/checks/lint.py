"""What pylint says: its score and findings, with ruff as a quick preview."""

from collections.abc import Iterator
from typing import Final

import msgspec

from core.gate.checks import BOTH, Found, Measure, ModelRepo, Note, Tool, tool_check
from core.gate.facts import Facts
from core.gate.tools import BIN, OUT, PYTHON, TOOL, Command, Output
from workers.gate.linting import run_pylint_source
from workers.gate.linting.messages import ERRORS, RUFF, SYNTAX_ERROR
from workers.gate.linting.profile import Lint, lint_for
from workers.gate.linting.said import Message, about, findings, ignored, notebooks, score_finding
from workers.gate.linting.sources import sources
from workers.gate.reports_read.tool_report import tool_report

RUNNER: Final = "run_pylint.py"


class PylintMessage(msgspec.Struct, frozen=True, rename="camel"):
    type: str
    symbol: str
    message: str
    path: str
    line: int
    end_line: int | None = None


class Statistics(msgspec.Struct, frozen=True):
    score: float


class PylintReport(msgspec.Struct, frozen=True):
    messages: list[PylintMessage]
    statistics: Statistics


class Point(msgspec.Struct, frozen=True):
    line: int


class Positions(msgspec.Struct, frozen=True):
    begin: Point
    end: Point


class Location(msgspec.Struct, frozen=True):
    path: str
    positions: Positions


class RuffMessage(msgspec.Struct, frozen=True):
    check_name: str
    description: str
    location: Location


def _pylint(repo: ModelRepo, facts: Facts) -> Command | None:
    files = sources(repo)
    if not files:
        return None
    lint = lint_for(repo, facts)
    options = (f"--rcfile={TOOL}/pylintrc", "--output-format=json2", *lint.arguments)
    return Command(
        argv=(PYTHON, "-I", f"{TOOL}/{RUNNER}", *options),
        stdin=msgspec.json.encode([f"./{path}" for path in files]),  # a name may begin with --
        env={"PYLINTHOME": OUT},
        files={RUNNER: run_pylint_source(), "pylintrc": lint.pylintrc()},
        seconds=300.0,
        memory_mb=2048,
        output_mb=32,
    )


def _ruff(repo: ModelRepo, facts: Facts) -> Command | None:
    if not sources(repo):
        return None
    options = ("--no-cache", "--exit-zero", "--output-format=gitlab", f"--config={TOOL}/ruff.toml")
    return Command(
        argv=(f"{BIN}/ruff", "check", *options, "."),
        files={"ruff.toml": lint_for(repo, facts).ruff_toml()},
        output_mb=32,
    )


def _preview(output: Output, repo: ModelRepo, facts: Facts) -> Iterator[Found]:
    """In a moment ruff knows most of what pylint will say; it has no score."""
    messages = map(_from_ruff, tool_report(output, list[RuffMessage]))
    yield from findings(repo, about(repo, messages, facts.layout))
    yield from _notes(repo, lint_for(repo, facts))


@tool_check(
    "lint",
    _pylint,
    quick=Tool(_ruff, _preview),
    owner=BOTH,
    priority=3,
    title="The code is tidy",
    mend="Mend the errors first, then the file with most messages. A rule that does not fit may be "
    "switched off in .pylintrc (disable=), or at a line with # pylint: disable=<its name>.",
    reads=("*.py", "*.ipynb", "*.y*ml", "*pylintrc*", "pyproject.toml", "setup.cfg"),
)
def lint(output: Output, repo: ModelRepo, facts: Facts) -> Iterator[Found]:
    """Code that others can read is handed over and mended more easily.

    pylint reads it with GBI's settings for the team, PEP 8 where there are none. A repository may
    enable and disable messages and set the line length. Errors and a score below the team's count;
    the rest is advice.
    """
    rules = lint_for(repo, facts)
    report = tool_report(output, PylintReport)
    messages = about(repo, map(_from_pylint, report.messages), facts.layout)
    score = round(report.statistics.score, 2)
    yield from score_finding(messages, score, rules)
    yield from findings(repo, messages)
    yield Measure("score", score, "of 10")
    yield Measure("messages", len(messages))
    yield from _notes(repo, rules)


def _notes(repo: ModelRepo, rules: Lint) -> Iterator[Note]:
    yield from ignored(rules.own)
    yield from notebooks(repo)


def _from_pylint(message: PylintMessage) -> Message:
    return Message(
        path=message.path,
        line=message.line,
        end_line=message.end_line or message.line,
        symbol=message.symbol,
        text=message.message,
        is_error=message.type == "error",
    )


def _from_ruff(message: RuffMessage) -> Message:
    symbol = RUFF.get(message.check_name, SYNTAX_ERROR)
    positions = message.location.positions
    return Message(
        path=message.location.path,
        line=positions.begin.line,
        end_line=positions.end.line,
        symbol=symbol,
        text=message.description.removeprefix(f"{message.check_name}: "),
        is_error=symbol in ERRORS,
    )
