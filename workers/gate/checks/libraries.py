"""The libraries that a model asks for go with those of its runtime."""

from collections.abc import Iterator
from typing import Final

import msgspec

from core.gate.checks import GBI, Finding, Found, ModelRepo, Note, tool_check
from core.gate.facts import Facts, NotCheckedError
from core.gate.tools import Command, Output
from workers.gate.requirements import READS, Wanted, read
from workers.gate.runtimes.clash import Clash, clash_finding, clashes
from workers.gate.runtimes.known import TABLES_VERSION, Chosen, chosen
from workers.gate.runtimes.outlook import other_runtime, outlook
from workers.gate.runtimes.plan import Answers, compose, plan
from workers.gate.runtimes.resolution import Resolution, resolution

NO_ANSWER: Final = "what uv said cannot be read (code {code}); tell GBI"
NOT_RESOLVED: Final = "Not resolved as a whole: {why}."


class Case(msgspec.Struct, frozen=True):
    """What is asked for, where it would run, and what does not fit at first sight."""

    wanted: Wanted
    chosen: Chosen
    clashes: list[Clash]


def preview(repo: ModelRepo, facts: Facts) -> Iterator[Found]:
    """Each requirement alone against the runtime's own version of the library."""
    case = _case(repo, facts)
    yield from case.wanted.findings
    for clash in case.clashes:
        yield clash_finding(clash, case.chosen, facts.rules.libraries.core)
    yield from other_runtime(case.wanted, case.chosen, case.clashes, facts)
    yield from outlook(case.wanted, case.chosen, facts)


def resolve(repo: ModelRepo, facts: Facts) -> Command | None:
    case = _case(repo, facts)
    rules = facts.rules.libraries
    asked = plan(case.wanted, case.chosen, case.clashes, rules.core)
    if not asked.fits and not list(preview(repo, facts)):
        return None
    return compose(asked, rules.seconds)


@tool_check(
    "libraries",
    resolve,
    quick=preview,
    owner=GBI,
    priority=1,
    title="The libraries go with the runtime",
    mend=(
        "Ask for versions that the runtime brings, or choose the runtime that brings yours "
        "(CLUSTER_SPARK_VERSION)."
    ),
    reads=READS,
    version=TABLES_VERSION,
)
def libraries(output: Output, repo: ModelRepo, facts: Facts) -> Iterator[Found]:
    """A cluster brings its libraries with it, and what a model asks for is installed over them.

    Another NumPy, pandas or PyArrow than the runtime's breaks Spark while the model runs; a
    version without a wheel for the runtime's Python cannot be installed at all.
    """
    case = _case(repo, facts)
    known = list(preview(repo, facts))
    told = _told(output, case)
    if told.unanswered and not any(isinstance(each, Finding) for each in known):
        raise NotCheckedError(NOT_RESOLVED.format(why=told.unanswered))
    yield from known
    yield from told.found
    if told.unanswered:
        yield Note(NOT_RESOLVED.format(why=told.unanswered))


def _case(repo: ModelRepo, facts: Facts) -> Case:
    found = chosen(repo, facts)
    wanted = read(repo, facts, found.runtime.python)
    return Case(wanted, found, clashes(wanted, found.runtime))


def _told(output: Output, case: Case) -> Resolution:
    try:
        answers = msgspec.json.decode(output.stdout, type=Answers)
    except msgspec.MsgspecError:
        return Resolution(unanswered=NO_ANSWER.format(code=output.code))
    return resolution(answers, case.wanted, case.chosen, case.clashes)
