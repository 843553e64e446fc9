"""How a state is read for people: who holds what, the champion, what differs from it, and tones.

Cards and pages read here, so that both say the same. What somebody may do is said by
core/authority/ alone.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from core.card import Tone
from core.policy import Policy
from core.release.model import Holder, Model
from core.release.release import Release
from core.release.state import State
from core.words import ReleaseId, Stage

_TONES: Final = {
    State.CHECKED: Tone.GOOD,
    State.BLOCKED: Tone.BAD,
    State.REGISTERED: Tone.GOOD,
    State.PLACED: Tone.GOOD,
    State.FAILED: Tone.BAD,
    State.STUCK: Tone.BAD,
    State.REJECTED: Tone.BAD,
    State.SUPERSEDED: Tone.SUBTLE,
}
# the name before any pin, extra or marker of a pip or conda line
_LIBRARY: Final = re.compile(r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?P<pin>.*)")
# without a direction in the policy nobody knows whether more is better
_CHANGES: Final = {True: Tone.GOOD, False: Tone.BAD, None: Tone.PLAIN}


def tone_of(state: State) -> Tone:
    """What a state means at a glance; what runs or waits for somebody is on its way."""
    return _TONES.get(state, Tone.ACCENT)


def holder_of(model: Model, stage: Stage) -> Holder | None:
    """Who holds a stage, and since when; None when it is empty."""
    holder = model.holders.get(stage)
    return holder if holder and holder.version else None


def holder_name(model: Model, holder: Holder) -> str:
    """A holder in words, with the release that brought it there."""
    release = model.releases.get(ReleaseId(holder.release))
    return f"version {holder.version} ({release.id})" if release else f"version {holder.version}"


def version_of(model: Model, version: str) -> Release | None:
    """The release that made a version."""
    registered = (found for found in model.newest_first() if found.registered)
    return next((r for r in registered if r.registered and r.registered.version == version), None)


def champion_of(model: Model, release: Release) -> Release | None:
    """The release to compare with: what PROD holds, or what it held before this one.

    "Since the champion" always means since this release. It is None where nothing was in
    production before, or where a version was put there outside of us.
    """
    champion = model.champion
    if champion is None or champion.id != release.id:
        return champion
    promotion = release.promotion_to(Stage.PROD)
    before = promotion.fall_back if promotion else ""
    return version_of(model, before) if before else None


class Delta(msgspec.Struct, frozen=True):
    """One metric; ``before`` is None when the champion has no such metric, ``now`` when it went."""

    name: str
    now: float | None
    before: float | None
    tone: Tone

    @property
    def change(self) -> float:
        return (self.now or 0.0) - (self.before or 0.0) if self.is_compared else 0.0

    @property
    def is_compared(self) -> bool:
        return self.now is not None and self.before is not None

    @property
    def size(self) -> float:
        """How large the change is beside the champion's value."""
        return abs(self.change) / max(abs(self.before or 0.0), 1e-9)


def deltas(release: Release, champion: Release | None, policy: Policy) -> tuple[Delta, ...]:
    """Each metric beside the champion's, the largest change first; without a champion by name."""
    before = champion.metrics if champion else {}
    names = sorted({*before, *release.metrics})
    found = (_delta(name, release.metrics.get(name), before.get(name), policy) for name in names)
    return tuple(sorted(found, key=lambda delta: -delta.size))


def _delta(name: str, now: float | None, before: float | None, policy: Policy) -> Delta:
    if now is None or before is None:
        return Delta(name, now, before, Tone.PLAIN)
    return Delta(name, now, before, _CHANGES[policy.is_better(name, now - before)])


class Difference(msgspec.Struct, frozen=True):
    """One value that is not the champion's.

    ``before`` is empty for what was added, ``after`` for what was removed.
    """

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
    """Pinned libraries, compared as pip names them."""
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
    found = _LIBRARY.match(line)
    if found is None:
        return line.strip(), "any version"
    name = re.sub(r"[-_.]+", "-", found["name"]).lower()
    return name, found["pin"].strip().lstrip("=") or "any version"


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    pairs = (
        (name, before.get(name, ""), after.get(name, "")) for name in sorted({*before, *after})
    )
    return tuple(Difference(name, old, new) for name, old, new in pairs if old != new)
