"""What uv found out about all requirements together, as findings at their lines."""

from collections.abc import Iterator
from typing import Final

import msgspec
from packaging.utils import canonicalize_name

from core.gate.checks import Finding, Found, Note
from workers.gate.requirements import Asked, Wanted
from workers.gate.runtimes import uv_words
from workers.gate.runtimes.clash import Clash
from workers.gate.runtimes.known import Chosen
from workers.gate.runtimes.plan import Answer, Answers, used

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


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """``unanswered`` is why nothing is known, or ""."""

    found: tuple[Found, ...] = ()
    unanswered: str = ""


def resolution(
    answers: Answers, wanted: Wanted, chosen: Chosen, clashes: list[Clash]
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


def _is_decided(answer: Answer) -> bool:
    return answer.is_solved or uv_words.is_unsolved(answer.said)


def _missing(answers: Answers, wanted: Wanted) -> Iterator[Finding]:
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


def _conflict(answers: Answers, wanted: Wanted, chosen: Chosen) -> Iterator[Finding]:
    """Where the core libraries alone leave a way, it is the others that stand in it."""
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
    answers: Answers, wanted: Wanted, chosen: Chosen, clashes: list[Clash]
) -> Iterator[Note]:
    """The mended lines of the clashes, once uv has found that they go with all the others."""
    solved = next((answer for answer in answers.fits if answer.is_solved), None)
    names = {clash.asked.name for clash in clashes}
    mended = [each for each in used(wanted) if each.is_firm and each.name in names]
    if solved and (pins := _changes(solved, mended)):
        yield Note(TOGETHER.format(runtime=chosen.name, pins=", ".join(pins)))


def _named(said: str, wanted: Wanted) -> Asked | None:
    """The first requirement that the argument speaks of."""
    names = uv_words.names(said)
    return next((each for each in used(wanted) if each.name in names), None)


def _way_out(answers: Answers) -> Answer | None:
    return next((answer for answer in answers.ways_out if answer.is_solved), None)


def _changes(answer: Answer | None, asked: list[Asked]) -> list[str]:
    """What has to be written in place of the lines that exclude the answer's versions."""
    pins = answer.pins if answer else {}
    lines = {
        f"{each.name}=={pins[each.name]}"
        for each in asked
        if each.name in pins and not each.specifier.contains(pins[each.name], prereleases=True)
    }
    return sorted(lines)
