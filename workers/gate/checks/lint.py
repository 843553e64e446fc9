"""The check ``lint``: pylint's score and messages, with ruff as a quick preview."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from core.count import count
from core.gate.checks import BOTH, Finding, Found, Measure, ModelRepo, Note, Tool, tool_check
from core.gate.facts import CheckFacts
from core.gate.layout import Layout
from core.gate.tools import BIN, OUT, PYTHON, TOOL, Output, ToolCommand
from workers.gate.contract.python_source import is_notebook
from workers.gate.linting import run_pylint_source
from workers.gate.linting.messages import ERRORS, RUFF, SYNTAX_ERROR, mend_of, wrong_of
from workers.gate.linting.settings import Lint, RepoSettings, lint_for
from workers.gate.tool_reports import tool_report

# A notebook that runs another one gets names from there; a magic without "# MAGIC" is no Python.
RUNS: Final = re.compile(rb"^(?:# MAGIC )?%run\b|^[%!]", re.MULTILINE)
MOST: Final = 50
MOST_NAMED: Final = 10
MOST_LINES: Final = 20

TOO_LOW: Final = "pylint gives the code {score:g} of 10, and {profile} asks for {wanted:g}"
BEGIN_HERE: Final = "begin with this file, which has {count} of {messages}"
MORE: Final = "Not shown: {count} more ({kinds})."
UNREADABLE: Final = (
    "{path} could not be read as pylint settings, so nothing of it counts: keep it below 64 KB, in "
    "UTF-8, and in the form that pylint documents."
)
IGNORED: Final = (
    "{path}: only enable, disable and max-line-length count here. Not taken over: {names}."
)
OFF: Final = "{path} switches off: {names}."
NOTEBOOKS: Final = "Not linted, as they are notebooks that need others or a server: {names}."
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


class LintMessage(msgspec.Struct, frozen=True):
    path: str
    line: int
    end_line: int
    symbol: str
    text: str
    is_error: bool


def _pylint(repo: ModelRepo, facts: CheckFacts) -> ToolCommand | None:
    files = _sources(repo)
    if not files:
        return None
    lint = lint_for(repo, facts)
    options = (f"--rcfile={TOOL}/pylintrc", "--output-format=json2", *lint.arguments)
    return ToolCommand(
        argv=(PYTHON, "-I", f"{TOOL}/{RUNNER}", *options),
        stdin=msgspec.json.encode([f"./{path}" for path in files]),  # a name may begin with --
        env={"PYLINTHOME": OUT},
        files={RUNNER: run_pylint_source(), "pylintrc": lint.pylintrc()},
        seconds=300.0,
        memory_mb=2048,
        output_mb=32,
    )


def _ruff(repo: ModelRepo, facts: CheckFacts) -> ToolCommand | None:
    if not _sources(repo):
        return None
    options = ("--no-cache", "--exit-zero", "--output-format=gitlab", f"--config={TOOL}/ruff.toml")
    return ToolCommand(
        argv=(f"{BIN}/ruff", "check", *options, "."),
        files={"ruff.toml": lint_for(repo, facts).ruff_toml()},
        output_mb=32,
    )


def _preview(output: Output, repo: ModelRepo, facts: CheckFacts) -> Iterator[Found]:
    """Preview the messages with ruff: it finds most of what pylint will say, but gives no score."""
    messages = map(_from_ruff, tool_report(output, list[RuffMessage]))
    yield from _findings(repo, _about(repo, messages, facts.layout))
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
def lint(output: Output, repo: ModelRepo, facts: CheckFacts) -> Iterator[Found]:
    """Code that others can read is handed over and mended more easily.

    pylint reads it with GBI's settings for the team, PEP 8 where there are none. A repository may
    enable and disable messages and set the line length. Errors and a score below the team's count;
    the rest is advice.
    """
    rules = lint_for(repo, facts)
    report = tool_report(output, PylintReport)
    messages = _about(repo, map(_from_pylint, report.messages), facts.layout)
    score = round(report.statistics.score, 2)
    yield from _score_finding(messages, score, rules)
    yield from _findings(repo, messages)
    yield Measure("score", score, "of 10")
    yield Measure("messages", len(messages))
    yield from _notes(repo, rules)


def _notes(repo: ModelRepo, rules: Lint) -> Iterator[Note]:
    yield from _ignored(rules.own)
    yield from _notebooks(repo)


def _from_pylint(message: PylintMessage) -> LintMessage:
    return LintMessage(
        path=message.path,
        line=message.line,
        end_line=message.end_line or message.line,
        symbol=message.symbol,
        text=message.message,
        is_error=message.type == "error",
    )


def _from_ruff(message: RuffMessage) -> LintMessage:
    symbol = RUFF.get(message.check_name, SYNTAX_ERROR)
    positions = message.location.positions
    return LintMessage(
        path=message.location.path,
        line=positions.begin.line,
        end_line=positions.end.line,
        symbol=symbol,
        text=message.description.removeprefix(f"{message.check_name}: "),
        is_error=symbol in ERRORS,
    )


def _sources(repo: ModelRepo) -> list[str]:
    python = (path for path in repo.files if path.casefold().endswith(".py"))
    return sorted(path for path in python if not _stands_not_alone(path, repo.files[path]))


def _left_out(repo: ModelRepo) -> list[str]:
    """Return the notebooks that cannot be judged alone: they run others, or use notebook magic."""
    return sorted(path for path, data in repo.files.items() if _stands_not_alone(path, data))


def _stands_not_alone(path: str, data: bytes) -> bool:
    if path.casefold().endswith(".ipynb"):
        return True
    is_python = path.casefold().endswith(".py")
    return is_python and is_notebook(path, data) and RUNS.search(data) is not None


def _about(repo: ModelRepo, messages: Iterable[LintMessage], layout: Layout) -> list[LintMessage]:
    """Keep the messages about linted files; others are about settings or notebooks left out."""
    paths = set(_sources(repo))
    return [each for each in messages if each.path in paths and not _hands_on(each, layout)]


def _hands_on(message: LintMessage, layout: Layout) -> bool:
    """Tell whether an "unused" import is an entry point, as ``from churn import fit as train``."""
    if message.symbol != "unused-import":
        return False
    name = message.path.rpartition("/")[2].casefold()
    called = {layout.train_function, layout.score_function, layout.evaluate_function}
    is_called = not called.isdisjoint(re.findall(r"\w+", message.text))
    return is_called and name in {layout.train.casefold(), layout.score.casefold()}


def _findings(repo: ModelRepo, messages: Sequence[LintMessage]) -> Iterator[Found]:
    known: dict[tuple[str, str, int], LintMessage] = {}
    for each in messages:
        # A syntax error makes pylint repeat itself, so only the first one per file is kept.
        line = 0 if each.symbol == SYNTAX_ERROR else each.line
        known.setdefault((each.path, each.symbol, line), each)
    ordered = sorted(known.values(), key=lambda each: (not each.is_error, each.path, each.line))
    for each in ordered[:MOST]:
        yield Finding(
            each.path,
            mend_of(each.symbol),
            wrong_of(each.symbol, each.text, _source(repo, each)),
            line=each.line,
            rule=each.symbol,
            is_advice=not each.is_error,
        )
    rest = Counter(each.symbol for each in ordered[MOST:])
    if rest:
        kinds = ", ".join(f"{name} {count}" for name, count in rest.most_common(MOST_NAMED))
        yield Note(MORE.format(count=rest.total(), kinds=kinds))


def _score_finding(messages: Sequence[LintMessage], score: float, rules: Lint) -> Iterator[Finding]:
    if score >= rules.profile.score:
        return
    counts = Counter(each.path for each in messages)
    path = max(counts, key=lambda each: counts[each], default=".")
    wrong = TOO_LOW.format(score=score, profile=rules.name, wanted=rules.profile.score)
    begin = BEGIN_HERE.format(count=counts[path], messages=count(len(messages), "message"))
    yield Finding(path, begin, wrong, rule="score")


def _ignored(own: RepoSettings) -> Iterator[Note]:
    if own.is_unreadable:
        yield Note(UNREADABLE.format(path=own.path))
    if own.ignored:
        yield Note(IGNORED.format(path=own.path, names=_few(own.ignored)))
    if own.disable:
        yield Note(OFF.format(path=own.path, names=_few(own.disable)))


def _notebooks(repo: ModelRepo) -> Iterator[Note]:
    names = _left_out(repo)
    if names:
        yield Note(NOTEBOOKS.format(names=_few(names)))


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _source(repo: ModelRepo, message: LintMessage) -> str:
    first, last = message.line, min(message.end_line, message.line + MOST_LINES)
    return "\n".join(repo.text(message.path).splitlines()[first - 1 : last])
