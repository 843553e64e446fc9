"""``sluss check PATH``: run the gate on a folder, before anything is pushed."""

import asyncio
import hashlib
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from core.errors import SettingsError, UnknownNameError
from core.gate.checks import CheckResult, ModelRepo
from core.gate.facts import CheckFacts
from core.gate.variables import group_facts
from core.policy import Policy
from core.words import BlobId, Stage
from sluss.home.home_files import home_groups, home_policy
from sluss.home.runtime_files import home_runtimes
from sluss.home.this_program import this_program
from sluss.on_a_folder.fix_folder import apply
from sluss.on_a_folder.gate_report import GateProgress, print_report
from sluss.on_a_folder.model_folder import local_history, read_folder
from sluss.wiring.gate_parts import local_gate
from workers.gate.checks import CHECKS
from workers.gate.fixes import planned_fixes
from workers.gate.gate import Watcher
from workers.gate.reports import FORMS
from workers.gate.tools import Keep
from workers.gate.unit_testing.command import JUNIT

BLOCKED: Final = 1
INSIDE: Final = (
    "{path} is inside of the repository {top}, and has no variables of a model. The gate looks at "
    "a whole repository: you may want:\n  {command}"
)
Results = tuple[CheckResult, ...]


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    MARKDOWN = "markdown"


FORM: Final = {
    Format.SARIF: "gate.sarif",
    Format.JUNIT: "gate.junit.xml",
    Format.MARKDOWN: "gate.md",
}


UNIT_TESTS: Final = "unit_tests"
OF_TESTS: Final = "unit_tests.junit.xml"  # a pipeline publishes it, and a gate may count it


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of one call of the gate."""

    path: Path
    repo: ModelRepo
    facts: CheckFacts
    policy: Policy
    only: tuple[str, ...]
    is_quick: bool
    home: Path | None
    keep: Keep | None


Folder = Annotated[
    Path, typer.Argument(help="The folder of the model repository.", exists=True, file_okay=False)
]
Only = Annotated[
    list[str] | None, typer.Option(help="Ids of checks, with commas or given more than once.")
]
Quick = Annotated[bool, typer.Option("--quick", help="Only what answers in about a second.")]
To = Annotated[
    Stage,
    typer.Option(
        case_sensitive=False, help="How far it is to go: what blocks behind that is not counted."
    ),
]
Form = Annotated[Format, typer.Option(help="For people, or for programs.")]
Mend = Annotated[
    bool, typer.Option("--fix", help="First mend names of files, and begin missing ones.")
]
Write = Annotated[
    Path | None, typer.Option(help="Also write every form of the answer into this folder.")
]
Report = Annotated[
    Path | None,
    typer.Option(
        help="The JUnit report of your own pipeline; it counts where policy.yml says so.",
        exists=True,
        dir_okay=False,
    ),
]
Home = Annotated[
    Path | None,
    typer.Option(
        help="Where policy.yml and gbi_variables.yml are.",
        envvar="SLUSS_HOME",
        readable=False,
        exists=True,
        file_okay=False,
    ),
]


def check(  # noqa: PLR0913 - each is an option of the command
    path: Folder = Path(),
    *,
    only: Only = None,
    quick: Quick = False,
    stage: To = Stage.PROD,
    format: Form = Format.TEXT,  # noqa: A002 - the option's name
    fix: Mend = False,
    write: Write = None,
    report: Report = None,
    home: Home = None,
) -> None:
    """Run the gate on a folder. The exit code is 1 when something blocks."""
    policy, facts = _rules(home, stage)
    chosen = _chosen(only or ())
    if report is not None:
        facts = msgspec.structs.replace(facts, report=report.read_bytes())
    if fix:
        _fix(path, read_folder(path, policy), facts, chosen)
    repo = read_folder(path, policy)
    _hint_at_top(path, repo, policy)
    kept = _Kept()
    wanted = Wanted(
        path=path,
        repo=repo,
        facts=facts,
        policy=policy,
        only=chosen,
        is_quick=quick,
        home=home,
        keep=kept.keep if write else None,
    )
    console = Console()
    results = _results(wanted, console if format is Format.TEXT else None)
    counted = policy.until(stage)
    _print(console, format, results, counted, policy.digest)
    if write is not None:
        _write(write, results, counted, kept)
    if any(counted.blocked_gate(result) for result in results):
        raise typer.Exit(BLOCKED)


def _rules(home: Path | None, stage: Stage) -> tuple[Policy, CheckFacts]:
    """Return the policy and the facts; without a home GBI's variable groups are unknown."""
    try:
        policy = home_policy(home)
        groups = home_groups(home)
        runtimes = home_runtimes(home)
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--home") from error
    facts = policy.facts(gbi=groups[Stage.TST].values if groups else None)
    # Nothing is left out for PROD, as every stage comes before it.
    asked = "" if stage is Stage.PROD else str(stage)
    facts = msgspec.structs.replace(facts, runtimes=runtimes, stage=asked)
    has_groups = any(found.values for found in groups.values())
    facts = msgspec.structs.replace(facts, groups=group_facts(groups) if has_groups else None)
    return policy, facts


def _hint_at_top(path: Path, repo: ModelRepo, policy: Policy) -> None:
    """Hint at the top of the work tree, unless the folder has variables and so is a model."""
    above = (each for each in path.resolve().parents if (each / ".git").exists())
    top = (
        None
        if (path / ".git").exists() or repo.find(policy.layout.variables)
        else next(above, None)
    )
    if top is not None:
        command = this_program()("check", str(top))
        words = INSIDE.format(path=path, top=top, command=command)
        Console(stderr=True).print(Text(words), soft_wrap=True)


def _chosen(only: Iterable[str]) -> tuple[str, ...]:
    names = (name.strip() for words in only for name in words.split(","))
    return tuple(filter(None, names))


def _fix(path: Path, repo: ModelRepo, facts: CheckFacts, only: tuple[str, ...]) -> None:
    """Apply the fixes and tell them on stderr, so that stdout stays one answer for programs."""
    said = Console(stderr=True)
    for line in apply(path, planned_fixes(repo, facts, only)):
        said.print(Text(line), soft_wrap=True)


def _results(wanted: Wanted, console: Console | None) -> Results:
    """Run the gate; on a terminal, show a line per check while they run."""
    asked = [each for each in CHECKS if not wanted.only or each.id in wanted.only]
    shown: AbstractContextManager[Watcher] = nullcontext(Watcher())
    if console is not None and console.is_terminal:
        shown = GateProgress(console, asked)
    try:
        with shown as watcher:
            return asyncio.run(_gate(wanted, watcher))
    except UnknownNameError as error:
        message = f"{error} All of them: {', '.join(each.id for each in CHECKS)}."
        raise typer.BadParameter(message, param_hint="--only") from error


async def _gate(wanted: Wanted, watcher: Watcher) -> Results:
    gate = local_gate(wanted.home, wanted.keep)
    limit = wanted.facts.rules.secrets.max_history_files
    history = await local_history(wanted.path, limit)
    return await gate(
        wanted.repo,
        msgspec.structs.replace(wanted.facts, history=history),
        wanted.policy,
        only=wanted.only,
        is_quick=wanted.is_quick,
        watcher=watcher,
    )


def _print(console: Console, form: Format, results: Results, policy: Policy, digest: str) -> None:
    """Print the results; ``digest`` names the bank's rules as a whole, whatever was asked about."""
    if form is Format.TEXT:
        print_report(console, results, policy)
    elif form is Format.JSON:
        typer.echo(as_json(results, policy, digest))
    else:
        typer.echo(FORMS[FORM[form]](results, policy), nl=False)


def _write(folder: Path, results: Results, policy: Policy, kept: "_Kept") -> None:
    """Write the answer in every form, and pytest's own report where tests ran."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, form in FORMS.items():
        (folder / name).write_bytes(form(results, policy))
    for result in results:
        if result.check == UNIT_TESTS and JUNIT in result.reports:
            (folder / OF_TESTS).write_bytes(kept.read(result.reports[JUNIT]))


class _Kept:
    """What the tools wrote, until it is written into a folder."""

    def __init__(self) -> None:
        self._kept: dict[BlobId, bytes] = {}

    async def keep(self, data: bytes) -> BlobId:
        name = BlobId(hashlib.sha256(data).hexdigest())
        self._kept[name] = data
        return name

    def read(self, name: BlobId) -> bytes:
        return self._kept[name]


def as_json(results: Results, policy: Policy, digest: str) -> str:
    checks = [
        {**msgspec.to_builtins(result), "blocks": policy.blocked_gate(result)} for result in results
    ]
    report = {
        "blocks": any(check["blocks"] for check in checks),
        "policy": digest,
        "checks": checks,
    }
    return msgspec.json.format(msgspec.json.encode(report)).decode()
