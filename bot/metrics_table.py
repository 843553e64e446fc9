"""Metrics against the champion: what rose, what fell, and whether that is good."""

import msgspec

from bot.view import View
from bot.wording import count
from core.card import Cell, Table, Tone
from core.policy import Policy
from core.release.release import Release

# without a direction in the policy nobody knows whether more is better
_TONES = {True: Tone.GOOD, False: Tone.BAD, None: Tone.PLAIN}


class Delta(msgspec.Struct, frozen=True):
    """One metric; ``before`` is None when the champion has no such metric."""

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


def table(found: tuple[Delta, ...]) -> Table:
    """Four narrow columns, or two when there is nothing to compare with."""
    if not any(delta.before is not None for delta in found):
        rows = tuple((Cell(delta.name), Cell(_number(delta.now))) for delta in found)
        return Table(("metric", "value"), rows)
    return Table(("metric", "now", "champion", "change"), tuple(_row(delta) for delta in found))


def verdict(view: View) -> tuple[str, Tone]:
    """One line for the head of a card that asks somebody to decide."""
    champion = view.champion
    if champion is None:
        return "First version: there is no champion to compare with", Tone.ACCENT
    found = deltas(view.release, champion, view.policy)
    worse = sum(delta.tone is Tone.BAD for delta in found)
    if worse:
        return f"{worse} of {count(len(found), 'metric')} worse than the champion", Tone.BAD
    return "No metric is worse than the champion", Tone.GOOD


def _row(delta: Delta) -> tuple[Cell, ...]:
    return (
        Cell(delta.name),
        Cell(_number(delta.now)),
        Cell(_number(delta.before), Tone.SUBTLE),
        Cell(_change(delta), delta.tone),
    )


def _change(delta: Delta) -> str:
    if delta.is_compared:
        return f"{delta.change:+.3g}" if delta.change else "same"
    return "new" if delta.before is None else "gone"


def _delta(name: str, now: float | None, before: float | None, policy: Policy) -> Delta:
    if now is None or before is None:
        return Delta(name, now, before, Tone.PLAIN)
    return Delta(name, now, before, _TONES[policy.is_better(name, now - before)])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
