"""How a state is read for people: who holds what, the champion to compare with, deltas and tones.

Cards and pages read here, so that both say the same. What somebody may do is said by
core/authority/ alone.
"""

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
    registered = (found for found in model.releases.values() if found.registered)
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
    """The largest change first; without a champion by name."""
    before = champion.metrics if champion else {}
    names = sorted({*before, *release.metrics})
    found = (_delta(name, release.metrics.get(name), before.get(name), policy) for name in names)
    return tuple(sorted(found, key=lambda delta: -delta.size))


def _delta(name: str, now: float | None, before: float | None, policy: Policy) -> Delta:
    if now is None or before is None:
        return Delta(name, now, before, Tone.PLAIN)
    return Delta(name, now, before, _CHANGES[policy.is_better(name, now - before)])
