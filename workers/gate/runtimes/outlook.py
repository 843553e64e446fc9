"""What a model's requirements mean for other runtimes: the next one, and one that fits today."""

from collections.abc import Iterator
from typing import Final

from core.gate.checks import Note
from core.gate.facts import Facts
from core.gate.runtimes import runtime_key
from workers.gate.requirements import Wanted
from workers.gate.runtimes.clash import PYTHON, Clash, clashes
from workers.gate.runtimes.known import Chosen, find, next_release

RUNTIME: Final = "CLUSTER_SPARK_VERSION"
MOST: Final = 8  # named clashes; nobody reads more
NEXT: Final = "On {release} LTS, which comes next: {what}."
BREAKS: Final = "{name} {version} breaks {asked} ({place})"
MORE: Final = "and {count} more"
FITS: Final = "{runtime} brings what is asked for: setting CLUSTER_SPARK_VERSION is another way."


def outlook(wanted: Wanted, chosen: Chosen, facts: Facts) -> Iterator[Note]:
    """What holds today, and breaks with the next runtime."""
    following = next_release(chosen, facts.runtimes)
    if following is None:
        return
    today = {clash.asked.origin for clash in clashes(wanted, chosen.runtime)}
    coming = [
        clash
        for clash in clashes(wanted, following.runtime)
        if clash.asked.origin not in today and _counts(clash)
    ]
    if coming:
        yield Note(
            NEXT.format(release=following.key.release.removesuffix(".x"), what=_told(coming))
        )


def other_runtime(
    wanted: Wanted, chosen: Chosen, found: list[Clash], facts: Facts
) -> Iterator[Note]:
    """The first runtime of GBI's list that has the same form and no clash."""
    if not any(_counts(clash) for clash in found):
        return
    for text in facts.allowed.get(RUNTIME, ()):
        key = runtime_key(text)
        other = find(key, facts.runtimes) if key and key.flags == chosen.key.flags else None
        if other and not any(map(_counts, clashes(wanted, other.runtime))):
            yield Note(FITS.format(runtime=text))
            return


def _counts(clash: Clash) -> bool:
    return clash.is_sure and clash.asked.is_firm


def _told(coming: list[Clash]) -> str:
    named = [
        BREAKS.format(
            name="Python" if clash.asked.name == PYTHON else clash.asked.name,
            version=clash.version,
            asked=clash.asked.describe(),
            place=f"{clash.asked.origin.path}:{clash.asked.origin.line}",
        )
        for clash in coming[:MOST]
    ]
    left = len(coming) - len(named)
    return ", ".join([*named, MORE.format(count=left)] if left else named)
