"""The check ``libraries``: what a model asks for has to fit the libraries of its runtime."""

from collections.abc import Iterator
from typing import Final

import msgspec
from packaging.utils import canonicalize_name

from core.errors import DECODE_ERRORS
from core.gate.checks import GBI, Finding, Found, ModelRepo, Note, tool_check
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.tools import Output, ToolCommand
from workers.gate.requirements import READS, AskedLibrary, WantedLibraries, read
from workers.gate.runtimes import uv_words
from workers.gate.runtimes.clash import Clash, clash_finding, clashes, other_runtime, outlook
from workers.gate.runtimes.known import TABLES_VERSION, Chosen, chosen
from workers.gate.runtimes.plan import UvAnswer, UvAnswers, compose, plan, used

UNANSWERED: Final = "the package index does not answer"
UNKNOWN_END: Final = "uv ended with code {code}"
MISSING: Final = "{name} is not in the package index"
FROM_CONDA: Final = "{name} is no package of the Python index; conda may have it, a cluster has not"
CHECK_NAME: Final = "check how the name is written, or ask GBI to bring it to the index"
TAKE_OUT: Final = "take it out if the model runs without it"
CONFLICT: Final = "cannot be installed on {runtime}: {why}"
REPLACES: Final = "goes on {runtime} only by replacing libraries of it: {why}"
WRITE: Final = "write {fits}: these go together"
CHOOSE: Final = "choose other versions, or another CLUSTER_SPARK_VERSION"
TOGETHER: Final = "These go together on {runtime}: {pins}."
NO_ANSWER: Final = "what uv said cannot be read (code {code}); tell GBI"
NOT_RESOLVED: Final = "Not resolved as a whole: {why}."


class AskedLibraries(msgspec.Struct, frozen=True):
    """The requirements, the runtime they would run on, and the clashes seen without asking uv."""

    wanted: WantedLibraries
    chosen: Chosen
    clashes: list[Clash]


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What uv's answer means; ``unanswered`` says why nothing is known, or is ""."""

    found: tuple[Found, ...] = ()
    unanswered: str = ""


def preview(repo: ModelRepo, facts: CheckFacts) -> Iterator[Found]:
    """Compare each requirement on its own with the version that the runtime brings."""
    case = _case(repo, facts)
    yield from case.wanted.findings
    for clash in case.clashes:
        yield clash_finding(clash, case.chosen, facts.rules.libraries.core)
    yield from other_runtime(case.wanted, case.chosen, case.clashes, facts)
    yield from outlook(case.wanted, case.chosen, facts)


def resolve(repo: ModelRepo, facts: CheckFacts) -> ToolCommand | None:
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
def libraries(output: Output, repo: ModelRepo, facts: CheckFacts) -> Iterator[Found]:
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


def _case(repo: ModelRepo, facts: CheckFacts) -> AskedLibraries:
    found = chosen(repo, facts)
    wanted = read(repo, facts, found.runtime.python)
    return AskedLibraries(wanted, found, clashes(wanted, found.runtime))


def _told(output: Output, case: AskedLibraries) -> Resolution:
    try:
        answers = msgspec.json.decode(output.stdout, type=UvAnswers)
    except DECODE_ERRORS:
        return Resolution(unanswered=NO_ANSWER.format(code=output.code))
    return _resolution(answers, case.wanted, case.chosen, case.clashes)


def _resolution(
    answers: UvAnswers, wanted: WantedLibraries, chosen: Chosen, clashes: list[Clash]
) -> Resolution:
    silent = next((answer for answer in answers.fits if not _is_decided(answer)), None)
    if silent is not None:
        is_index = uv_words.is_unanswered(silent.said)
        why = UNANSWERED if is_index else UNKNOWN_END.format(code=silent.code)
        return Resolution(unanswered=why)
    found: list[Found] = [
        *_missing(answers, wanted),
        *_conflict(answers, wanted, chosen),
        *_together(answers, wanted, chosen, clashes),
    ]
    return Resolution(found=tuple(found))


def _is_decided(answer: UvAnswer) -> bool:
    return answer.is_solved or uv_words.is_unsolved(answer.said)


def _missing(answers: UvAnswers, wanted: WantedLibraries) -> Iterator[Finding]:
    for name in map(canonicalize_name, answers.missing):
        asked = next((each for each in used(wanted) if each.name == name), None)
        origin = asked.origin if asked else None
        is_conda = origin is not None and origin.is_conda
        yield Finding(
            origin.path if origin else wanted.path,
            TAKE_OUT if is_conda else CHECK_NAME,
            (FROM_CONDA if is_conda else MISSING).format(name=name),
            origin.line if origin else 0,
            rule="unknown package",
            is_advice=is_conda,
        )


def _conflict(answers: UvAnswers, wanted: WantedLibraries, chosen: Chosen) -> Iterator[Finding]:
    """Report that the requirements cannot be installed together.

    It is advice where they fit as long as only the core libraries of the runtime are kept.
    """
    if not answers.fits or answers.fits[0].is_solved:
        return
    last = answers.fits[-1]
    is_advice = last.is_solved
    said = answers.fits[0].said if is_advice else last.said
    asked = _named(said, wanted)
    why = uv_words.reason(said)
    fits = _changes(_way_out(answers), [each for each in used(wanted) if each.is_firm])
    yield Finding(
        asked.origin.path if asked else wanted.path,
        WRITE.format(fits=", ".join(fits)) if fits else CHOOSE,
        (REPLACES if is_advice else CONFLICT).format(runtime=chosen.name, why=why),
        asked.origin.line if asked else 0,
        rule="conflict",
        is_advice=is_advice,
    )


def _together(
    answers: UvAnswers, wanted: WantedLibraries, chosen: Chosen, clashes: list[Clash]
) -> Iterator[Note]:
    """Name the pins that replace the clashing lines, once uv has found that they fit the others."""
    solved = next((answer for answer in answers.fits if answer.is_solved), None)
    names = {clash.asked.name for clash in clashes}
    mended = [each for each in used(wanted) if each.is_firm and each.name in names]
    if solved and (pins := _changes(solved, mended)):
        yield Note(TOGETHER.format(runtime=chosen.name, pins=", ".join(pins)))


def _named(said: str, wanted: WantedLibraries) -> AskedLibrary | None:
    """Return the first requirement that uv's explanation names, or None."""
    names = uv_words.names(said)
    return next((each for each in used(wanted) if each.name in names), None)


def _way_out(answers: UvAnswers) -> UvAnswer | None:
    return next((answer for answer in answers.ways_out if answer.is_solved), None)


def _changes(answer: UvAnswer | None, asked: list[AskedLibrary]) -> list[str]:
    """Return a pin for each requirement that excludes the version in uv's answer."""
    pins = answer.pins if answer else {}
    lines = {
        f"{each.name}=={pins[each.name]}"
        for each in asked
        if each.name in pins and not each.specifier.contains(pins[each.name], prereleases=True)
    }
    return sorted(lines)
