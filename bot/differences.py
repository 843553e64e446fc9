"""What differs between a release and the champion: libraries, variables and data."""

import re
from collections.abc import Mapping

import msgspec

from core.release.release import Release

# the name before any pin, extra or marker of a pip or conda line
LIBRARY = re.compile(r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?P<pin>.*)")


class Difference(msgspec.Struct, frozen=True):
    """``before`` is empty for what was added, ``after`` for what was removed."""

    name: str
    before: str
    after: str

    def words(self) -> str:
        if not self.before:
            return f"{self.name} added: {self.after}"
        if not self.after:
            return f"{self.name} removed (was {self.before})"
        return f"{self.name} {self.before} → {self.after}"


def libraries(release: Release, champion: Release) -> tuple[Difference, ...]:
    return _differences(_pins(champion), _pins(release))


def variables(release: Release, champion: Release) -> tuple[Difference, ...]:
    return _differences(_variables(champion), _variables(release))


def data(release: Release, champion: Release) -> str:
    """One line about the training data."""
    if not champion.data_fingerprint or not release.data_fingerprint:
        return "data not compared"
    same = release.data_fingerprint == champion.data_fingerprint
    return "data unchanged" if same else "data changed"


def _variables(release: Release) -> Mapping[str, str]:
    return release.checked.variables if release.checked else {}


def _pins(release: Release) -> dict[str, str]:
    return dict(_pin(line) for line in (release.checked.libraries if release.checked else ()))


def _pin(line: str) -> tuple[str, str]:
    """Names compare as pip compares them: without case, ``_`` and ``.`` as ``-``."""
    found = LIBRARY.match(line)
    if found is None:
        return line.strip(), "any version"
    name = re.sub(r"[-_.]+", "-", found["name"]).lower()
    return name, found["pin"].strip().lstrip("=") or "any version"


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    pairs = (
        (name, before.get(name, ""), after.get(name, "")) for name in sorted({*before, *after})
    )
    return tuple(Difference(name, old, new) for name, old, new in pairs if old != new)
