"""Metrics against the champion: what rose, what fell, and whether that is good."""

from bot.view import View
from core.card import Cell, Table, Tone
from core.count import count
from core.reading import Delta
from core.words import Stage


def table(found: tuple[Delta, ...]) -> Table:
    """The table has four narrow columns, or two when there is nothing to compare with."""
    if not any(delta.before is not None for delta in found):
        rows = tuple((Cell(delta.name), Cell(_number(delta.now))) for delta in found)
        return Table(("metric", "value"), rows)
    return Table(("metric", "now", "champion", "change"), tuple(_row(delta) for delta in found))


def verdict(view: View) -> tuple[str, Tone]:
    """One line for the head of a card that asks somebody to decide."""
    if view.champion is None:
        return _not_compared(view), Tone.ACCENT
    found = view.deltas
    worse = sum(delta.tone is Tone.BAD for delta in found)
    if worse:
        return f"{worse} of {count(len(found), 'metric')} worse than the champion", Tone.BAD
    return "No metric is worse than the champion", Tone.GOOD


def _not_compared(view: View) -> str:
    if view.is_passed:
        return "A newer release is in production: this one is compared with nothing"
    if Stage.PROD not in view.model.holders:
        return "Nothing holds PROD yet: there is no champion to compare with"
    version = view.model.held(Stage.PROD)
    holds = f"version {version}, which no release is known for" if version else "nothing"
    return f"Compared with nothing: PROD holds {holds}"


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


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
