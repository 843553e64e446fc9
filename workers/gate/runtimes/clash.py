"""Finds the requirements that exclude the versions of a runtime, and says what would fit."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from core.gate.checks import Finding, Note
from core.gate.facts import CheckFacts
from core.gate.runtimes import Runtime, runtime_key
from workers.gate.requirements import AskedLibrary, WantedLibraries
from workers.gate.runtimes.known import Chosen, find, next_release

PYTHON: Final = "python"
# All patch versions of Python are tried, as the tables do not say which one a runtime has.
PATCHES: Final = range(40)
EXACT: Final = ("==", "===")

WRONG: Final = "{asked} does not fit {name} {version} of {runtime}"
REPLACE: Final = "write {fit}: another version would replace the cluster's own"
WRITE: Final = "write {fit}, or choose another CLUSTER_SPARK_VERSION"
COMPARE: Final = "write {fit}, or compare with a cluster first: that figure is not certain"
RUNTIME: Final = "CLUSTER_SPARK_VERSION"
MOST: Final = 8  # Nobody reads more clashes in one note.
NEXT: Final = "On {release} LTS, which comes next: {what}."
BREAKS: Final = "{name} {version} breaks {asked} ({place})"
MORE: Final = "and {count} more"
FITS: Final = "{runtime} brings what is asked for: setting CLUSTER_SPARK_VERSION is another way."


class Clash(msgspec.Struct, frozen=True):
    """A requirement that excludes the runtime's version; ``is_sure`` if that version is certain."""

    asked: AskedLibrary
    version: str
    is_sure: bool

    @property
    def fit(self) -> str:
        """Return the requirement that would fit: a pin stays a pin, a range stays a range."""
        if self.asked.name == PYTHON:
            return f"python{'=' if self.asked.origin.is_conda else ' >='}{self.version}"
        operators = {part.operator for part in self.asked.specifier}
        is_pin = operators <= set(EXACT) and "*" not in str(self.asked.specifier)
        if is_pin:
            return f"{self.asked.name}=={self.version}"
        return f"{self.asked.name}{_around(self.version)}"


def clashes(wanted: WantedLibraries, runtime: Runtime) -> list[Clash]:
    python = (Clash(each, runtime.python, is_sure=True) for each in wanted.python)
    return [
        *(clash for clash in python if not _has_patch(clash.asked.specifier, runtime.python)),
        *_of_libraries(wanted.libraries, runtime),
    ]


def clash_finding(clash: Clash, chosen: Chosen, core: Collection[str]) -> Finding:
    """Report a clash; it blocks only for a core library or Python whose version is certain."""
    asked = clash.asked
    is_core = asked.name in core or asked.name == PYTHON
    blocks = is_core and clash.is_sure and asked.is_firm
    template = WRITE if is_core else REPLACE
    return Finding(
        asked.origin.path,
        (template if clash.is_sure else COMPARE).format(fit=clash.fit),
        WRONG.format(
            asked=asked.describe(), name=asked.name, version=clash.version, runtime=chosen.name
        ),
        asked.origin.line,
        rule="core library" if is_core else "other library",
        is_advice=not blocks,
    )


def _of_libraries(libraries: Iterable[AskedLibrary], runtime: Runtime) -> Iterator[Clash]:
    for asked in libraries:
        version = runtime.version(asked.name)
        if version and not asked.specifier.contains(version, prereleases=True):
            yield Clash(asked, version, is_sure=runtime.is_sure(asked.name))


def _has_patch(specifier: SpecifierSet, python: str) -> bool:
    return any(specifier.contains(f"{python}.{patch}", prereleases=True) for patch in PATCHES)


def _around(version: str) -> str:
    """Return the range up to the next major version; below 1.0, up to the next minor one."""
    release = (*Version(version).release, 0)
    ceiling = f"{release[0] + 1}" if release[0] else f"0.{release[1] + 1}"
    return f">={release[0]}.{release[1]},<{ceiling}"


def outlook(wanted: WantedLibraries, chosen: Chosen, facts: CheckFacts) -> Iterator[Note]:
    """Note what would break on the next runtime, though it holds on this one."""
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
    wanted: WantedLibraries, chosen: Chosen, found: list[Clash], facts: CheckFacts
) -> Iterator[Note]:
    """Name the first runtime on GBI's list that has the same form and no clash."""
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
